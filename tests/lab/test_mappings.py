"""Devices of the host by the datacentre's mappings (lab/simnode/mappings.py): what PVE says of each, and to whom."""

import pytest
from conftest import wide_grants
from node_client import NODE, ApiError
from test_versions import each, nodes  # noqa: F401  (fixtures)

GPU = 'node=pve2,path=0000:01:00.0,id=10de:1b80,iommugroup=1'
OTHER_GPU = 'node=pve2,path=0000:02:00.0,id=10de:1b80,iommugroup=2'
STICK = 'node=pve2,path=1-2,id=10c4:ea60'
USERS = ['deevnet@pve', 'deevnet@pve!pulumi']


def mapping(path: str, privilege: str = 'Mapping.Use') -> dict:
    return {'path': path, 'privileges': [privilege], 'propagate': False, 'userids': USERS}


@pytest.fixture
def made(node):
    """The node, whose administrator made mappings, of which the token may use the GPU and the stick."""
    node.control('PATCH', '/settings', {'grants': [*wide_grants(), mapping('/mapping/pci', 'Mapping.Modify'),
                                                   mapping('/mapping/usb', 'Mapping.Modify')]})
    for name, path in {'gpu0': GPU, 'other': OTHER_GPU, 'gone': GPU.replace('01:00', '09:00'),
                       'elsewhere': GPU.replace('pve2', 'pve9')}.items():
        node.call('POST', '/cluster/mapping/pci', id=name, map=path)
    node.call('POST', '/cluster/mapping/usb', id='zigbee', map=STICK)
    usable = [mapping(f'/mapping/pci/{name}') for name in ('gpu0', 'gone', 'elsewhere')]
    node.control('PATCH', '/settings', {'grants': [*wide_grants(), *usable, mapping('/mapping/usb/zigbee')]})
    yield node
    node.control('PATCH', '/settings', {'grants': [*wide_grants(), mapping('/mapping/pci', 'Mapping.Modify'),
                                                   mapping('/mapping/usb', 'Mapping.Modify')]})
    for name in ('gpu0', 'other', 'gone', 'elsewhere'):
        node.call('DELETE', f'/cluster/mapping/pci/{name}')
    node.call('DELETE', '/cluster/mapping/usb/zigbee')


def refusal(asked) -> str:
    with pytest.raises(ApiError) as refused:
        asked()
    return str(refused.value)


def test_a_token_sees_the_mappings_that_it_may_use(made):
    """PVE/API2/Cluster/Mapping/PCI.pm:103, USB.pm:96."""
    assert sorted(one['id'] for one in made.call('GET', '/cluster/mapping/pci')) == ['elsewhere', 'gone', 'gpu0']
    assert [one['map'] for one in made.call('GET', '/cluster/mapping/usb')] == [[STICK]]
    assert 'Permission check failed' in refusal(lambda: made.call('GET', '/cluster/mapping/pci/other'))


def test_the_node_says_what_is_wrong_with_a_mapping(made):
    """PVE/API2/Cluster/Mapping/PCI.pm:112, USB.pm:103."""
    pci = {one['id']: one['checks'] for one in made.call('GET', '/cluster/mapping/pci?check-node=pve2')}
    assert pci == {
        'gpu0': [], 'elsewhere': [{'severity': 'warning', 'message': 'No mapping for node pve2.'}],
        'gone': [{'severity': 'error', 'message': "Invalid configuration: pci device '0000:09:00.0' not found\n"}]}
    assert made.call('GET', '/cluster/mapping/usb?check-node=pve2')[0]['errors'] == []


def test_a_vm_gets_a_device_of_a_mapping_that_the_token_may_use(made):
    """src/PVE/API2/Qemu.pm:882, 918 of qemu-server 9.2.6: before and after of what a PUT changes, and what it takes away."""
    vmid = made.clone()
    made.configure(vmid, hostpci0='mapping=gpu0,pcie=0', usb0='mapping=zigbee')
    assert made.config(vmid)['hostpci0'] == 'mapping=gpu0,pcie=0'
    denied = refusal(lambda: made.configure(vmid, hostpci1='mapping=other'))
    assert denied == '403 Permission check failed (/mapping/pci/other, Mapping.Use)'
    made.control('PATCH', '/settings', {'grants': [*wide_grants(), mapping('/mapping/usb/zigbee')]})
    for change in ({'hostpci0': 'mapping=gpu0'}, {'delete': 'hostpci0'}):
        assert '/mapping/pci/gpu0, Mapping.Use' in refusal(lambda fields=change: made.configure(vmid, **fields))
    made.configure(vmid, delete='usb0')


def test_a_clone_of_what_has_a_device_asks_for_it(made):
    """src/PVE/QemuServer.pm:6432, check_mapping_access."""
    source, copy = made.clone(), 5990
    made.configure(source, hostpci0='mapping=gpu0')
    made.call('POST', f'{NODE}/qemu/{source}/clone', newid=copy, full=1)
    assert made.config(copy)['hostpci0'] == 'mapping=gpu0'
    made.control('PATCH', '/settings', {'grants': wide_grants()})
    again = refusal(lambda: made.call('POST', f'{NODE}/qemu/{source}/clone', newid=copy + 1, full=1))
    assert again == '403 Permission check failed (/mapping/pci/gpu0, Mapping.Use)'


def failure(node, vmid: int) -> str:
    """Exit status of a start that fails."""
    return refusal(lambda: node.power(vmid, 'start')).removeprefix('0 ')


def test_of_two_vms_with_one_device_one_runs(made):
    """src/PVE/QemuServer/PCI.pm:805, reserve_pci_usage."""
    first, second = made.clone(), made.clone()
    for vmid in (first, second):
        made.configure(vmid, hostpci0='mapping=gpu0')
    made.power(first, 'start')
    assert failure(made, second) == f"PCI device '0000:01:00.0' already in use by VMID '{first}'"
    made.power(first, 'stop')
    made.power(second, 'start')
    made.power(second, 'stop')


@pytest.mark.parametrize(('options', 'why'), [
    ({'hostpci0': 'mapping=elsewhere'}, "PCI device mapping not found for 'elsewhere'"),
    ({'hostpci0': 'mapping=gone'}, "PCI device mapping invalid (hardware probably changed): pci device '0000:09:00.0' not found"),
    ({'hostpci0': 'mapping=gpu0', 'hostpci1': 'mapping=gpu0'}, "device '0000:01:00.0' assigned more than once"),
    ({'hostpci0': 'mapping=gpu0,pcie=1'}, 'q35 machine model is not enabled at /usr/share/perl5/PVE/QemuServer/PCI.pm line 510.')])
def test_a_start_finds_what_nobody_looked_at_before(made, options, why):
    """src/PVE/QemuServer/PCI.pm:431, parse_hostpci; 497, parse_hostpci_devices; 547, choose_hostpci_devices."""
    vmid = made.clone()
    made.configure(vmid, **options)
    assert failure(made, vmid) == why


def test_the_privilege_is_there_in_every_version(each):  # noqa: F811
    """pve-access-control 8.2.3 and 9.1.1, src/PVE/AccessControl.pm, $privgroups."""
    each.configure(each.vmid, delete='usb0')
    assert each.call('GET', '/access/permissions')['/mapping/pci/gpu0'] == {'Mapping.Use': 0}
