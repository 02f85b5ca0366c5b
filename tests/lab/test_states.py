"""A VM that is paused, hibernated or locked; and containers, which are guests too."""

import pytest
from node_client import NODE, ApiError, Client


def listed(node: Client, vmid: int) -> dict:
    """A guest's entry in the list of resources."""
    return next(entry for entry in node.call('GET', '/cluster/resources?type=vm') if entry['vmid'] == vmid)


def running(node: Client) -> int:
    vmid = node.clone(name='api-vm01')
    node.power(vmid, 'start')
    return vmid


def test_a_paused_vm_runs_with_its_process_and_is_listed_as_paused(node):
    vmid = running(node)
    process = node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['pid']
    node.power(vmid, 'suspend')
    now = node.call('GET', f'{NODE}/qemu/{vmid}/status/current')
    assert (now['status'], now['qmpstatus'], now['pid']) == ('running', 'paused', process)
    assert listed(node, vmid)['status'] == 'paused'
    assert 'lock' not in listed(node, vmid)
    node.power(vmid, 'resume')
    assert node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['pid'] == process
    assert listed(node, vmid)['status'] == 'running'
    node.destroy(vmid)


def test_a_hibernated_vm_is_stopped_locked_and_refuses_changes_until_it_is_resumed(node):
    vmid = running(node)
    before = node.volumes()
    node.power(vmid, 'suspend', todisk=1)
    entry, config = listed(node, vmid), node.config(vmid)
    assert (entry['status'], entry['lock']) == ('stopped', 'suspended')
    assert (config['lock'], config['vmstate']) == ('suspended', f'local-lvm:{(node.volumes().keys() - before.keys()).pop()}')
    with pytest.raises(ApiError, match=r'VM is locked \(suspended\)'):
        node.configure(vmid, cores=1)
    node.power(vmid, 'resume')
    assert (listed(node, vmid)['status'], node.volumes()) == ('running', before)
    assert not {'lock', 'vmstate', 'runningmachine', 'runningcpu'} & node.config(vmid).keys()
    node.configure(vmid, cores=1)
    node.destroy(vmid)


def test_a_start_wakes_a_hibernated_vm_too_and_a_destroy_takes_its_state_along(node):
    before = node.volumes()
    vmid = running(node)
    node.power(vmid, 'suspend', todisk=1)
    node.power(vmid, 'start')
    assert 'vmstate' not in node.config(vmid)
    node.power(vmid, 'suspend', todisk=1)
    node.destroy(vmid)
    assert node.volumes() == before


def test_any_other_lock_forbids_changes_and_removal_until_root_takes_it_away(node):
    vmid = node.clone()
    root = node.as_root()
    root.configure(vmid, lock='backup')
    assert listed(node, vmid)['lock'] == 'backup'
    for change in (lambda: node.configure(vmid, cores=1), lambda: node.power(vmid, 'start'),
                   lambda: node.call('DELETE', f'{NODE}/qemu/{vmid}')):
        with pytest.raises(ApiError, match=r'VM is locked \(backup\)'):
            change()
    root.configure(vmid, delete='lock', skiplock=1)
    node.configure(vmid, cores=1)
    node.destroy(vmid)


@pytest.fixture
def container(node):
    """A container of somebody's, with a fixed address."""
    root = node.as_root()
    root.call('POST', f'{NODE}/lxc', vmid=5204, hostname='pihole', ostemplate='/root/debian-12.tar.zst',
              rootfs='local-lvm:4', net0='name=eth0,bridge=vmbr0,tag=52,ip=10.20.52.11/24')
    yield 5204
    root.call('DELETE', f'{NODE}/lxc/5204')


def test_a_container_is_listed_has_its_vmid_and_is_kept_and_put_back(node, container):
    assert {key: listed(node, container)[key] for key in ('type', 'name', 'status')} == {
        'type': 'lxc', 'name': 'pihole', 'status': 'stopped'}
    assert 'ip=10.20.52.11/24' in node.call('GET', f'{NODE}/lxc/{container}/config')['net0']
    with pytest.raises(ApiError, match=r'unable to create VM 5204'):
        node.call('POST', f'{NODE}/qemu/100/clone', newid=container, full=1)
    state, kept = node.control('GET', '/state'), node.control('GET', '/state/whole')
    assert state['containers']['5204']['config']['hostname'] == 'pihole'
    node.as_root().call('PUT', f'{NODE}/lxc/{container}/config', hostname='other')
    assert node.control('GET', '/state') != state
    node.control('PUT', '/state', kept)
    assert node.control('GET', '/state') == state
    assert listed(node, container)['name'] == 'pihole'


def test_a_token_reads_the_firewall_of_datacentre_and_node_with_sys_audit_alone(spare):
    """Sys.Audit on / for the datacentre's, on the node's path for the node's (pve-firewall 5.1.2, src/PVE/API2/Firewall/
    Cluster.pm:91, Host.pm:70; PVE::Firewall::rules_audit_permissions)."""
    for path in ('options', 'groups', 'ipset', 'aliases'):
        spare.call('GET', f'/cluster/firewall/{path}')
    with pytest.raises(ApiError, match=r'/nodes/pve2, Sys.Audit'):
        spare.call('GET', f'{NODE}/firewall/options')
