"""Disks that move between storages, as qemu-server 8.4.10 moves and refuses them."""

import copy
from collections.abc import Iterator

import pytest
from node_client import NODE, ApiError, Client


@pytest.fixture
def placed(spare: Client) -> Iterator[Client]:
    """A node with a further storage for disks, `fast`, and one for other things, `backups`; it is put back as it was."""
    before = spare.control('GET', '/state/whole')
    whole = copy.deepcopy(before)
    for name, content in (('fast', 'images'), ('backups', 'backup')):
        whole['storages'][name] = {'type': 'dir', 'path': f'/srv/{name}', 'content': content, 'active': 1, 'files': [],
                                   'volumes': {}}
    spare.control('PUT', '/state', whole)
    yield spare.as_root()
    spare.control('PUT', '/state', before)


def move(node: Client, vmid: int, disk: str = 'scsi0', storage: str = 'fast', **fields: str | int) -> None:
    node.call('POST', f'{NODE}/qemu/{vmid}/move_disk', disk=disk, storage=storage, **fields)


@pytest.mark.parametrize('runs', [True, False])
def test_disk_moves_with_what_is_on_it(placed, runs):
    vmid = placed.clone()
    placed.configure(vmid, scsi0=f'local-lvm:vm-{vmid}-disk-0,discard=on')
    if runs:
        placed.power(vmid, 'start')
    move(placed, vmid, delete=1)
    config = placed.config(vmid, current=True)
    assert config['scsi0'] == f'fast:{vmid}/vm-{vmid}-disk-0.raw,discard=on,size=32G'
    assert f'vm-{vmid}-disk-0' not in placed.volumes()
    assert 'unused0' not in config
    placed.destroy(vmid)


def test_without_delete_the_old_volume_stays_as_an_unused_disk(placed):
    vmid = placed.clone()
    move(placed, vmid, format='raw')
    assert placed.config(vmid)['scsi0'] == f'fast:{vmid}/vm-{vmid}-disk-0.raw,size=32G'
    assert placed.config(vmid)['unused0'] == f'local-lvm:vm-{vmid}-disk-0'


@pytest.mark.parametrize('fields, why', [
    ({'disk': 'scsi5'}, "disk 'scsi5' does not exist"),
    ({'disk': 'ide2'}, "you can't move a cdrom"),
    ({'storage': 'local-lvm'}, "you can't move to the same storage with same format"),
    ({'storage': 'nowhere'}, "storage 'nowhere' does not exist"),
    ({'storage': 'backups'}, 'Parameter verification failed.'),
])
def test_move_that_cannot_be_is_refused_before_its_task(placed, fields, why):
    vmid = placed.clone()
    with pytest.raises(ApiError) as refused:
        move(placed, vmid, **fields)
    assert refused.value.status >= 400
    assert refused.value.message == why


def test_disk_with_a_snapshot_moves_only_where_its_source_is_kept(placed):
    vmid = placed.clone()
    placed.call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname='before')
    with pytest.raises(ApiError, match="you can't move a disk with snapshots and delete the source"):
        move(placed, vmid, delete=1)
    move(placed, vmid)


def test_tpm_state_of_a_running_vm_stays(placed):
    vmid = placed.clone()
    placed.configure(vmid, tpmstate0='local-lvm:1,version=v2.0')
    placed.power(vmid, 'start')
    with pytest.raises(ApiError, match='cannot move TPM state while VM is running'):
        move(placed, vmid, disk='tpmstate0')
    # Control: of a VM that is off it moves.
    placed.power(vmid, 'stop')
    move(placed, vmid, disk='tpmstate0', format='raw')


def test_target_storage_must_be_the_callers_to_fill(placed, spare):
    vmid = placed.clone()
    with pytest.raises(ApiError, match=r'Permission check failed \(/storage/fast, Datastore.AllocateSpace\)'):
        move(spare, vmid)
