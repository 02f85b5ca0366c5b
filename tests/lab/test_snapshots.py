"""Snapshots, as qemu-server 9.2.6 and pve-guest-common's AbstractConfig.pm take them and go back to them."""

import copy

import pytest
from node_client import NODE, ApiError, Client


def snapshots(node: Client, vmid: int) -> dict[str, dict]:
    return {one['name']: one for one in node.call('GET', f'{NODE}/qemu/{vmid}/snapshot')}


def take(node: Client, vmid: int, name: str = 'before', **fields: str) -> None:
    node.call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname=name, **fields)


def go_back(node: Client, vmid: int, name: str = 'before', **fields: int) -> None:
    node.call('POST', f'{NODE}/qemu/{vmid}/snapshot/{name}/rollback', **fields)


def status(node: Client, vmid: int) -> str:
    return node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status']


def feature(node: Client, vmid: int) -> int:
    return node.call('GET', f'{NODE}/qemu/{vmid}/feature', feature='snapshot')['hasFeature']


def test_a_rollback_brings_settings_back_and_leaves_the_vm_stopped(spare):
    root = spare.as_root()
    vmid = root.clone()
    root.configure(vmid, memory=1024)
    root.power(vmid, 'start')
    take(root, vmid, description='tenant-hypervisors: before a change')
    assert spare.config(vmid)['parent'] == 'before'
    told = snapshots(root, vmid)
    assert (told['before']['description'], told['before']['vmstate']) == ('tenant-hypervisors: before a change', 0)
    assert (told['current']['parent'], told['current']['running']) == ('before', 1)
    root.configure(vmid, memory=2048, description='a newer note')
    root.call('PUT', f'{NODE}/qemu/{vmid}/resize', disk='scsi0', size='40G')
    root.configure(vmid, scsi1='local-lvm:2')
    go_back(root, vmid)
    config = spare.config(vmid)
    # Notes stay; a disk that the snapshot has not becomes an unused one, and a grown one has its old size.
    assert (str(config['memory']), config['description'], config['parent']) == ('1024', 'a newer note', 'before')
    assert 'scsi1' not in config and config['unused0'] == f'local-lvm:vm-{vmid}-disk-1'
    assert config['scsi0'].endswith('size=32G')
    assert spare.volumes()[f'vm-{vmid}-disk-0'] == 32 * 1024 ** 3
    assert 'lock' not in config and status(root, vmid) == 'stopped'
    go_back(root, vmid, start=1)
    assert status(root, vmid) == 'running'
    root.destroy(vmid)
    assert f'vm-{vmid}-disk-0' not in spare.volumes()


def test_what_cannot_have_a_snapshot_says_so_before(spare):
    vmid, root = spare.clone(), spare.as_root()
    before = spare.control('GET', '/state/whole')
    assert feature(spare, vmid) == 1
    whole = copy.deepcopy(before)
    for name, kind in (('files', 'dir'), ('thick', 'lvm')):
        whole['storages'][name] = {'type': kind, 'content': 'images', 'active': 1, 'files': [], 'volumes': {},
                                   **({'path': '/srv/files'} if kind == 'dir' else {'vgname': 'thick'})}
    spare.control('PUT', '/state', whole)
    for disk, can in (('files:1,format=raw', 0), ('files:1,format=qcow2', 1), ('thick:1', 0)):
        root.call('POST', f'{NODE}/qemu/{vmid}/config', scsi1=disk)
        assert feature(spare, vmid) == can, disk
        if not can:
            with pytest.raises(ApiError, match='snapshot feature is not available'):
                take(root, vmid)
    spare.control('PUT', '/state', before)


def test_zfs_goes_back_to_its_newest_snapshot_alone(spare):
    vmid, root = spare.clone(), spare.as_root()
    before = spare.control('GET', '/state/whole')
    whole = copy.deepcopy(before)
    whole['storages']['local-lvm']['type'] = 'zfspool'
    spare.control('PUT', '/state', whole)
    take(root, vmid, 'one')
    take(root, vmid, 'two')
    assert snapshots(root, vmid)['current']['parent'] == 'two'
    with pytest.raises(ApiError, match="can't rollback, 'one' is not most recent snapshot on"):
        go_back(root, vmid, 'one')
    go_back(root, vmid, 'two')
    root.call('DELETE', f'{NODE}/qemu/{vmid}/snapshot/two')
    go_back(root, vmid, 'one')
    spare.control('PUT', '/state', before)


@pytest.mark.parametrize('name, why', [('none', "snapshot 'none' does not exist"), ('before', 'VM is locked \\(backup\\)')])
def test_a_rollback_that_cannot_be_changes_nothing(spare, name, why):
    vmid, root = spare.clone(), spare.as_root()
    take(root, vmid)
    root.configure(vmid, lock='backup')
    config = spare.config(vmid)
    with pytest.raises(ApiError, match=why):
        go_back(root, vmid, name)
    assert spare.config(vmid) == config
    root.configure(vmid, skiplock=1, delete='lock')
    root.destroy(vmid)


@pytest.mark.parametrize('privilege, call', [('VM.Snapshot', take), ('VM.Snapshot.Rollback', go_back)])
def test_privileges(spare, privilege, call):
    vmid, root = spare.clone(), spare.as_root()
    if call is go_back:
        take(root, vmid)
    with pytest.raises(ApiError, match='VM.Snapshot'):
        call(spare, vmid)
    root.destroy(vmid)
