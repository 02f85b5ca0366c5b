"""The node itself, and what is on it before any tenant."""

import pytest
from node_client import NODE, ApiError

GIB = 1024 ** 3


def test_is_pve_8_4_1(node):
    version = node.call('GET', '/version')
    assert (version['version'], version['release']) == ('8.4.1', '8.4')


def test_stands_alone(node):
    entries = node.call('GET', '/cluster/status')
    assert [(entry['type'], entry['name'], entry['nodeid']) for entry in entries] == [('node', 'pve2', 0)]
    assert [entry['node'] for entry in node.call('GET', '/nodes')] == ['pve2']


def test_has_the_hardware_of_hv02(node):
    status = node.call('GET', f'{NODE}/status')
    assert (status['cpuinfo']['cpus'], status['memory']['total']) == (8, 32 * GIB)
    listed = node.call('GET', '/nodes')[0]
    assert (listed['maxcpu'], listed['maxmem']) == (8, 32 * GIB)


def test_has_a_vlan_aware_bridge(node):
    bridges = node.call('GET', f'{NODE}/network?type=any_bridge')
    assert [(bridge['iface'], bridge['bridge_vlan_aware']) for bridge in bridges] == [('vmbr0', 1)]
    assert node.call('GET', f'{NODE}/network/vmbr0')['bridge_ports'] == 'eno1'
    with pytest.raises(ApiError) as missing:
        node.call('GET', f'{NODE}/network/vmbr9')
    assert (missing.value.status, missing.value.errors) == (400, {'iface': 'interface does not exist'})


def test_has_two_storages(node):
    found = {entry['storage']: (entry['type'], set(entry['content'].split(','))) for entry in
             node.call('GET', f'{NODE}/storage')}
    assert found == {'local': ('dir', {'iso', 'vztmpl', 'backup'}),
                     'local-lvm': ('lvmthin', {'images', 'rootdir'})}


def test_has_two_templates_and_one_unrelated_vm(node):
    vms = {vm['vmid']: vm for vm in node.call('GET', f'{NODE}/qemu') if vm['vmid'] < 1000}
    assert {vmid: (vm['name'], vm['status'], vm.get('template', 0)) for vmid, vm in vms.items()} == {
        100: ('fedora-server-44-1.9', 'stopped', 1), 103: ('fedora-server-44-1.10', 'stopped', 1),
        110: ('homeassistant', 'running', 0)}
    assert node.config(103)['tags'] == 'fedora;template'


def test_has_no_sdn_and_no_ha(node):
    assert [node.call('GET', path) for path in ('/cluster/sdn/zones', '/cluster/sdn/vnets')] == [[], []]
    assert node.as_root().call('GET', '/cluster/ha/resources') == []


def test_next_free_vmid_counts_what_is_taken(node):
    assert node.call('GET', '/cluster/nextid') == '101'
    with pytest.raises(ApiError) as taken:
        node.call('GET', '/cluster/nextid?vmid=110')
    assert taken.value.errors == {'vmid': 'VM 110 already exists'}


def test_status_has_no_keys_of_pve_9(node):
    for path in (f'{NODE}/qemu/110/status/current', f'{NODE}/qemu', '/cluster/resources'):
        assert 'pressure' not in repr(node.call('GET', path)) and 'memhost' not in repr(node.call('GET', path))
