"""Linked clones, as qemu-server 8.4.10 and pve-storage make and refuse them."""

import copy
from collections.abc import Iterator

import pytest
from node_client import NODE, TEMPLATE, UNRELATED, ApiError, Client

# A storage of each kind, with the template's volume on it and the volume of the linked clone 5901 of it; none: PVE makes none.
KINDS = {
    'lvmthin': ({'vgname': 'pve', 'thinpool': 'data'}, 'base-100-disk-0', 'vm-5901-disk-0'),
    'dir': ({'path': '/srv/vms'}, '100/base-100-disk-0.raw', '100/base-100-disk-0.raw/5901/vm-5901-disk-0.qcow2'),
    'nfs': ({'path': '/mnt/pve/nas', 'server': 'nas', 'export': '/vms'}, '100/base-100-disk-0.qcow2',
            '100/base-100-disk-0.qcow2/5901/vm-5901-disk-0.qcow2'),
    'btrfs': ({'path': '/srv/btrfs'}, '100/base-100-disk-0.raw', '5901/vm-5901-disk-0.raw'),
    'zfspool': ({'pool': 'tank'}, 'base-100-disk-0', 'base-100-disk-0/vm-5901-disk-0'),
    'lvm': ({'vgname': 'thick'}, 'vm-100-disk-0', None),
}
CLONE = {'newid': 5901, 'full': 0}


@pytest.fixture
def placed(spare: Client, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A node whose template has its disk on a storage of the kind `request.param`; it is put back as it was."""
    before = spare.control('GET', '/state/whole')
    whole = copy.deepcopy(before)
    options, volume, _linked = KINDS[request.param]
    disk = whole['storages']['local-lvm']['volumes'].pop('base-100-disk-0')
    whole['storages']['place'] = {'type': request.param, 'content': 'images', 'active': 1, 'files': [], **options,
                                  'volumes': {volume: {**disk, 'format': volume.rpartition('.')[2] if '.' in volume else 'raw'}}}
    template = next(vm for vm in whole['vms'] if vm['vmid'] == TEMPLATE)
    template['config']['scsi0'] = f'place:{volume},size=32G'
    spare.control('PUT', '/state', whole)
    yield spare.as_root()
    spare.control('PUT', '/state', before)


def made(node: Client) -> str:
    node.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', **CLONE)
    return node.config(5901)['scsi0']


def can_be_linked(node: Client, vmid: int = TEMPLATE) -> bool:
    return node.call('GET', f'{NODE}/qemu/{vmid}/feature?feature=clone')['hasFeature'] == 1


@pytest.mark.parametrize('placed', [kind for kind, (*_, linked) in KINDS.items() if linked], indirect=True)
def test_linked_clone_is_named_as_its_storage_does(placed, request):
    kind = request.node.callspec.params['placed']
    assert can_be_linked(placed)
    assert made(placed) == f'place:{KINDS[kind][2]},size=32G'


@pytest.mark.parametrize('placed', ['lvm'], indirect=True)
def test_storage_without_base_images_makes_full_clones_alone(placed):
    assert not can_be_linked(placed)
    with pytest.raises(ApiError, match=r"Linked clone feature is not supported for 'place:vm-100-disk-0' \(scsi0\)"):
        placed.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', **CLONE)
    placed.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', newid=5901, full=1)
    assert placed.config(5901)['scsi0'] == 'place:vm-5901-disk-0,size=32G'


def test_what_is_no_template_has_no_linked_clones(node):
    assert not can_be_linked(node, UNRELATED)
    with pytest.raises(ApiError, match="Linked clone feature is not supported for 'local-lvm:vm-110-disk-0'"):
        node.as_root().call('POST', f'{NODE}/qemu/{UNRELATED}/clone', newid=5901, full=0)


def test_linked_clone_goes_to_no_other_storage(node):
    with pytest.raises(ApiError, match="parameter 'storage' not allowed for linked clones"):
        node.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', newid=5901, full=0, storage='local-lvm')


@pytest.mark.parametrize('placed', ['dir', 'nfs', 'zfspool'], indirect=True)
def test_base_in_use_is_not_removed(placed):
    volume = made(placed).split(',')[0]
    base = placed.config(TEMPLATE)['scsi0'].split(',')[0]
    with pytest.raises(ApiError, match=f"base volume '{base}' is still in use by linked cloned"):
        placed.call('DELETE', f'{NODE}/qemu/{TEMPLATE}')
    with pytest.raises(ApiError, match='is still in use by linked clones'):
        placed.call('DELETE', f'{NODE}/storage/place/content/{base}')
    placed.destroy(5901)
    assert volume.split(':')[1] not in placed.control('GET', '/state')['storages']['place']['volumes']
    # Control: without the clone it goes.
    placed.call('DELETE', f'{NODE}/qemu/{TEMPLATE}')


@pytest.mark.parametrize('placed', ['lvmthin', 'btrfs'], indirect=True)
def test_template_goes_where_clones_are_snapshots_of_their_own(placed):
    made(placed)
    placed.call('DELETE', f'{NODE}/qemu/{TEMPLATE}')
    placed.power(5901, 'start')


@pytest.mark.parametrize('placed', ['dir'], indirect=True)
def test_disk_of_a_linked_clone_is_changed_and_grows_as_any_other(placed):
    disk = made(placed).split(',')[0]
    placed.configure(5901, scsi0=f'{disk},discard=on')
    placed.call('PUT', f'{NODE}/qemu/5901/resize', disk='scsi0', size='40G')
    assert placed.config(5901)['scsi0'] == f'{disk},discard=on,size=40G'


@pytest.mark.parametrize('placed', ['nfs'], indirect=True)
def test_full_clone_goes_to_a_storage_of_its_own_and_takes_on_its_format(placed):
    placed.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', newid=5901, full=1, storage='local-lvm')
    assert placed.config(5901)['scsi0'] == 'local-lvm:vm-5901-disk-0,size=32G'
    assert placed.call('GET', f'{NODE}/storage/local-lvm/content/local-lvm:vm-5901-disk-0')['format'] == 'raw'


@pytest.mark.parametrize('placed', ['dir'], indirect=True)
def test_tpm_and_cloud_init_are_copied(placed):
    whole = placed.control('GET', '/state/whole')
    whole['storages']['place']['volumes']['100/base-100-disk-1.raw'] = {
        'content': 'images', 'format': 'raw', 'vmid': 100, 'ctime': 0, 'size': 4 * 1024 ** 2}
    template = next(vm for vm in whole['vms'] if vm['vmid'] == TEMPLATE)
    template['config']['tpmstate0'] = 'place:100/base-100-disk-1.raw,size=4M,version=v2.0'
    placed.control('PUT', '/state', whole)
    made(placed)
    config = placed.config(5901)
    assert config['tpmstate0'] == 'place:5901/vm-5901-disk-1.raw,size=4M,version=v2.0'
    assert config['ide2'] == 'local-lvm:vm-5901-cloudinit,media=cdrom,size=4M'
