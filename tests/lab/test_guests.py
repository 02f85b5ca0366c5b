"""Clone, power, destroy, pools and the guest agent."""

import asyncio
import re
import time
import urllib.parse

import pytest
from machine import PATIENCE
from node_client import NODE, TEMPLATE, UNRELATED, ApiError


def test_clone_gets_disks_a_cloud_init_drive_and_identities_of_its_own(node):
    vmid = node.clone(name='api-vm01', description='declared')
    clone, template = node.config(vmid), node.config(TEMPLATE)
    assert clone['name'] == 'api-vm01' and clone['description'] == 'declared'
    assert clone['scsi0'] == f'local-lvm:vm-{vmid}-disk-0,size=32G'
    assert clone['ide2'] == f'local-lvm:vm-{vmid}-cloudinit,media=cdrom,size=4M'
    assert all(clone[key] != template[key] for key in ('net0', 'smbios1', 'vmgenid'))
    assert clone['net0'].startswith('virtio=BC:24:11:')
    assert 'template' not in clone
    assert {key: clone[key] for key in ('cores', 'cpu', 'memory', 'scsihw')} == {
        'cores': 4, 'cpu': 'host', 'memory': '4096', 'scsihw': 'virtio-scsi-single'}


def test_clone_into_a_vmid_that_is_taken_is_refused(node):
    with pytest.raises(ApiError, match=f'unable to create VM {UNRELATED}: config file already exists'):
        node.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', newid=UNRELATED, full=1)


def test_clone_into_a_pool_that_is_missing_is_refused(node):
    with pytest.raises(ApiError, match=r"Permission check failed \(pool 'nowhere' does not exist\)"):
        node.clone(pool='nowhere')


def test_clone_joins_its_pool_and_destroy_leaves_it(node):
    node.call('POST', '/pools', poolid='guests', comment='a tenant')
    vmid = node.clone(pool='guests')
    resources = node.call('GET', '/cluster/resources?type=vm')
    assert next(entry for entry in resources if entry['vmid'] == vmid)['pool'] == 'guests'
    with pytest.raises(ApiError, match=f"pool 'guests' is not empty \\(contains VM {vmid}\\)"):
        node.call('DELETE', '/pools?poolid=guests')
    node.destroy(vmid)
    assert node.call('GET', '/pools?poolid=guests')[0]['members'] == []
    node.call('DELETE', '/pools?poolid=guests')
    assert node.call('GET', '/pools') == []


def test_destroy_of_a_running_vm_is_refused(node):
    vmid = node.clone()
    node.power(vmid, 'start')
    with pytest.raises(ApiError, match=f'VM {vmid} is running - destroy failed'):
        node.call('DELETE', f'{NODE}/qemu/{vmid}/')
    assert node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status'] == 'running'


def test_destroy_removes_volumes_and_firewall_and_leaves_no_trace(node):
    before = node.control('GET', '/state')
    vmid = node.clone()
    node.call('PUT', f'{NODE}/qemu/{vmid}/firewall/options', enable=1)
    node.configure(vmid, scsi1='local-lvm:1')
    node.configure(vmid, delete='scsi1')
    node.power(vmid, 'start')
    node.destroy(vmid)
    assert node.control('GET', '/state') == before


def test_destroy_keeps_an_iso_image_that_the_vm_had_in():
    from simnode.simulated import SimulatedNode
    alone = SimulatedNode('127.0.0.1', 0)
    image = {'content': 'iso', 'format': 'iso', 'size': 1024, 'ctime': 0}
    alone.storages['local']['volumes'] = {'iso/install.iso': image}
    vm = alone.vm(110)
    vm.status = 'stopped'
    vm.config['ide3'] = 'local:iso/install.iso,media=cdrom'
    asyncio.run(alone._qm_destroy({'node': 'pve2', 'vmid': 110}, 'root@pam'))
    assert alone.vm(110) is None
    assert alone.storages['local']['volumes'] == {'iso/install.iso': image}
    assert 'vm-110-disk-0' not in alone.storages['local-lvm']['volumes']


def test_unrelated_vm_is_untouched_by_a_clone_and_its_destroy(node):
    def unrelated():
        state = node.control('GET', '/state')
        volumes = state['storages']['local-lvm']['volumes']
        return state['vms'][str(UNRELATED)], volumes[f'vm-{UNRELATED}-disk-0'], state['vms'][str(TEMPLATE)]
    before = unrelated()
    node.destroy(node.clone(name='homeassistant'))
    assert unrelated() == before
    assert before[0]['status'] == 'running'


def test_start_stop_and_shutdown_act_at_once(node):
    vmid = node.clone()
    seen = []
    for action in ('start', 'shutdown', 'start', 'stop'):
        node.power(vmid, action)
        seen.append(node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status'])
    assert seen == ['running', 'stopped', 'running', 'stopped']


def test_start_of_a_running_vm_ends_its_task_with_the_reason(node):
    vmid = node.clone()
    node.power(vmid, 'start')
    with pytest.raises(ApiError, match=f'VM {vmid} already running'):
        node.power(vmid, 'start')


def test_agent_that_does_not_answer_is_told_as_pve_tells_it(node):
    vmid = node.clone()
    path = f'{NODE}/qemu/{vmid}/agent/network-get-interfaces'
    node.configure(vmid, delete='agent')
    told = []
    for prepare in (lambda: None, lambda: node.configure(vmid, agent='enabled=1'), lambda: node.power(vmid, 'start')):
        prepare()
        with pytest.raises(ApiError) as refused:
            node.call('GET', path)
        told.append((refused.value.status, refused.value.message))
    assert told == [(500, 'No QEMU guest agent configured'), (500, f'VM {vmid} is not running'),
                    (500, 'QEMU guest agent is not running')]


def test_agent_that_answers_tells_of_the_nics(node):
    vmid = node.clone()
    node.configure(vmid, agent='enabled=1,type=virtio', net0='virtio=02:DE:20:50:00:07,bridge=vmbr0')
    node.power(vmid, 'start')
    node.control('PATCH', '/settings', {'agents_answer': True})
    found = node.call('GET', f'{NODE}/qemu/{vmid}/agent/network-get-interfaces')['result']
    assert [nic['hardware-address'] for nic in found] == ['02:de:20:50:00:07']
    assert node.call('POST', f'{NODE}/qemu/{vmid}/agent/ping') == {'result': {}}


def test_vm_made_from_nothing_has_its_options_in_normal_form(node):
    node.call('POST', f'{NODE}/qemu', vmid=4900, name='made', cores=2, memory=1024, tags='B;a', description='x\n',
              scsi0='local-lvm:4', net0='virtio,bridge=vmbr0')
    config = node.config(4900)
    assert (config['cores'], config['memory'], config['tags'], config['description']) == (2, '1024', 'a;b', 'x')
    assert config['scsi0'] == 'local-lvm:vm-4900-disk-0,size=4G'
    node.destroy(4900)


def test_a_clone_that_copies_is_locked_and_tells_how_far_it_is(node):
    busy = node.clone()
    for _ in range(30):
        node.power(busy, 'start')
        node.power(busy, 'stop')
    # Long enough for all that is asked meanwhile; it is ended once that is done.
    node.control('PATCH', '/settings', {'clone_seconds': 60})
    try:
        vmid = node.clone()
        assert node.config(vmid)['lock'] == 'clone'
        # Tasks that ended a short while ago are listed, too, and more of them than the list is long.
        tasks = node.call('GET', f'{NODE}/tasks?source=active')
        assert len(tasks) == 50
        [task] = [task for task in tasks if task['type'] == 'qmclone' and 'endtime' not in task]
        path = f'{NODE}/tasks/{urllib.parse.quote(task["upid"])}'
        lines = [line['t'] for line in node.call('GET', f'{path}/log')]
        assert f'  Logical volume "vm-{vmid}-disk-0" created.' in lines
        assert re.fullmatch(r'transferred \d+\.\d GiB of 32\.0 GiB \(\d+\.00%\)', lines[-1])
        node.control('PATCH', '/settings', {'clone_seconds': 0})
        deadline = time.monotonic() + PATIENCE
        while node.call('GET', f'{path}/status')['status'] == 'running':
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        node.control('PATCH', '/settings', {'clone_seconds': 0})
    assert node.call('GET', f'{path}/status')['exitstatus'] == 'OK'
    assert 'lock' not in node.config(vmid)
    # Control: without it a clone is done at once.
    assert 'lock' not in node.config(node.clone())


@pytest.mark.parametrize('options', [{'cores': 9}, {'cores': 3, 'sockets': 3}])
def test_a_vm_with_more_vcpus_than_the_node_has_threads_does_not_start(node, options):
    """PVE/QemuServer.pm:3879 of qemu-server 8.4.10."""
    vmid = node.clone()
    node.configure(vmid, **options)
    with pytest.raises(ApiError) as refused:
        node.power(vmid, 'start')
    assert (refused.value.status, refused.value.message) == (0, 'MAX 8 vcpus allowed per VM on this node')
    node.configure(vmid, cores=4, sockets=2)
    node.power(vmid, 'start')


def test_shutdown_of_a_vm_that_is_off_ends_well(node):
    """PVE/QemuServer.pm:6671 of qemu-server 8.4.10; a reboot of one does not."""
    vmid = node.clone()
    node.power(vmid, 'shutdown')
    assert node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status'] == 'stopped'
    with pytest.raises(ApiError, match='not running'):
        node.power(vmid, 'reboot')
