"""Changes of a running VM: what hot-plugs, and what waits for the next start."""

import pytest
from node_client import NODE, ApiError


@pytest.fixture
def vmid(node):
    vmid = node.clone()
    node.configure(vmid, cores=2, memory=2048, balloon=0, agent='enabled=1', onboot=0)
    node.power(vmid, 'start')
    return vmid


def pending(node, vmid):
    entries = node.call('GET', f'{NODE}/qemu/{vmid}/pending')
    waiting = [entry for entry in entries if {'pending', 'delete'} & set(entry)]
    return {entry['key']: entry.get('pending', 'delete') for entry in waiting}


def test_cores_and_memory_wait_for_the_next_start(node, vmid):
    node.configure(vmid, cores=4, memory=4096)
    assert pending(node, vmid) == {'cores': 4, 'memory': '4096'}
    now, next_start = node.config(vmid, current=True), node.config(vmid)
    assert (now['cores'], now['memory']) == (2, '2048')
    assert (next_start['cores'], next_start['memory']) == (4, '4096')


@pytest.mark.parametrize('again', [['stop', 'start'], ['shutdown', 'start'], ['reboot']])
def test_what_waits_takes_effect_at_the_next_start(node, vmid, again):
    node.configure(vmid, cores=4)
    for action in again:
        node.power(vmid, action)
    assert pending(node, vmid) == {}
    assert node.config(vmid, current=True)['cores'] == 4


@pytest.mark.parametrize('again', [['stop', 'start'], ['shutdown', 'start'], ['reboot']])
def test_each_start_is_another_process(node, vmid, again):
    process = lambda: node.call('GET', f'{NODE}/qemu/{vmid}/status/current').get('pid')
    first = process()
    node.configure(vmid, ciuser='operator')
    assert process() == first
    for action in again:
        node.power(vmid, action)
    assert process() not in (first, None)
    node.power(vmid, 'stop')
    assert process() is None


def test_stopped_vm_has_nothing_waiting(node, vmid):
    node.configure(vmid, cores=4)
    node.power(vmid, 'stop')
    assert pending(node, vmid) == {}


def test_description_tags_onboot_and_name_change_at_once(node, vmid):
    wanted = {'description': 'new', 'tags': 'a;b', 'onboot': 1, 'name': 'renamed'}
    node.configure(vmid, **wanted)
    config = node.config(vmid, current=True)
    assert {key: config[key] for key in wanted} == wanted
    assert pending(node, vmid) == {}
    assert node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['name'] == 'renamed'


def test_cloud_init_values_change_at_once(node, vmid):
    node.configure(vmid, ciuser='operator', ipconfig0='ip=dhcp')
    assert pending(node, vmid) == {}
    assert node.config(vmid, current=True)['ciuser'] == 'operator'


def test_nic_changes_at_once(node, vmid):
    node.configure(vmid, net0='virtio=02:DE:20:50:00:01,bridge=vmbr0,tag=51')
    assert node.config(vmid, current=True)['net0'] == 'virtio=02:DE:20:50:00:01,bridge=vmbr0,tag=51'


def test_agent_waits_but_trimming_of_clones_does_not(node, vmid):
    node.configure(vmid, agent='enabled=1,fstrim_cloned_disks=1')
    assert pending(node, vmid) == {}
    node.configure(vmid, agent='enabled=0')
    assert pending(node, vmid) == {'agent': 'enabled=0'}


def test_new_scsi_disk_is_plugged_at_once_and_an_ide_disk_waits(node, vmid):
    node.configure(vmid, scsi1='local-lvm:1')
    node.configure(vmid, ide0='local-lvm:1')
    assert node.config(vmid, current=True)['scsi1'] == f'local-lvm:vm-{vmid}-disk-1,size=1G'
    assert set(pending(node, vmid)) == {'ide0'}


def test_disk_cache_waits_and_its_backup_flag_does_not(node, vmid):
    disk = f'file=local-lvm:vm-{vmid}-disk-0'
    node.configure(vmid, scsi0=f'{disk},backup=0')
    assert pending(node, vmid) == {}
    node.configure(vmid, scsi0=f'{disk},backup=0,cache=writeback')
    assert pending(node, vmid) == {'scsi0': f'local-lvm:vm-{vmid}-disk-0,backup=0,cache=writeback,size=32G'}


def test_same_value_leaves_nothing_waiting(node, vmid):
    node.configure(vmid, cores=4)
    node.configure(vmid, cores=2, memory=2048)
    assert pending(node, vmid) == {}


def test_deleted_option_waits_as_a_deletion(node, vmid):
    node.configure(vmid, delete='balloon,ostype')
    assert pending(node, vmid) == {'balloon': 'delete', 'ostype': 'delete'}
    assert 'ostype' in node.config(vmid, current=True)
    assert 'ostype' not in node.config(vmid)


def test_revert_drops_what_waits(node, vmid):
    node.configure(vmid, cores=4)
    node.configure(vmid, revert='cores')
    assert pending(node, vmid) == {}
    assert node.config(vmid)['cores'] == 2


def test_cloud_init_drive_of_a_running_vm_waits_to_go(node, vmid):
    node.configure(vmid, delete='ide2')
    assert f'vm-{vmid}-cloudinit' in node.volumes()
    node.power(vmid, 'stop')
    assert f'vm-{vmid}-cloudinit' not in node.volumes()


@pytest.mark.parametrize(('force', 'status'), [(0, 'running'), (1, 'stopped')])
def test_a_deaf_guest_is_waited_for_and_stopped_only_by_force(node, vmid, force, status):
    node.control('PATCH', '/settings', {'deaf': [vmid]})
    path = f'{NODE}/qemu/{vmid}/status'
    if force:
        node.call('POST', f'{path}/shutdown', timeout=1, forceStop=1)
    else:
        with pytest.raises(ApiError, match='VM quit/powerdown failed - got timeout'):
            node.call('POST', f'{path}/shutdown', timeout=1)
    assert node.call('GET', f'{path}/current')['status'] == status


def test_control_another_guest_obeys(node, vmid):
    node.call('POST', f'{NODE}/qemu/{vmid}/status/shutdown', timeout=1)
    assert node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status'] == 'stopped'
