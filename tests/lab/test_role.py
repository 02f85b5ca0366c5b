"""The program's roles (substrate/grants.json): with them the whole life of a VM works, and each privilege is needed for it."""

import json
from collections.abc import Callable

import pytest
from machine import LAB
from node_client import NODE, TEMPLATE, ApiError, Client

DESCRIBED = json.loads((LAB.parent / 'substrate' / 'grants.json').read_text())['grants']
# Those for a node of PVE 8.4; test_versions.py has those for 9.2.
GRANTS = [grant for grant in DESCRIBED if 'since' not in grant]
PRIVILEGES = [name for grant in GRANTS for name in grant['privileges']]
POOL = 'roles'
DISK = 'local-lvm:vm-{vmid}-disk-0'
BRIDGE = '/sdn/zones/localnetwork/vmbr0'

Operation = Callable[[Client, int], object]


def configure(**options: object) -> Operation:
    return lambda node, vmid: node.configure(vmid, **options)


def content(node: Client, vmid: int) -> object:
    return node.call('GET', f'{NODE}/storage/local-lvm/content/{DISK.format(vmid=vmid)}')


def resize(node: Client, vmid: int) -> object:
    return node.call('PUT', f'{NODE}/qemu/{vmid}/resize', disk='scsi0', size='40G')


def clone(node: Client, vmid: int) -> object:
    return node.clone(pool=POOL)


def guest_agent(node: Client, vmid: int) -> object:
    node.control('PATCH', '/settings', {'agents_answer': True})
    if node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status'] == 'stopped':
        node.power(vmid, 'start')
    return node.call('GET', f'{NODE}/qemu/{vmid}/agent/network-get-interfaces')


def make_pool(node: Client, vmid: int) -> object:
    node.call('POST', '/pools', poolid='another')
    return node.call('DELETE', '/pools?poolid=another')


def delete(node: Client, vmid: int) -> object:
    return node.call('DELETE', f'{NODE}/qemu/{vmid}')


def write_firewall(node: Client, vmid: int) -> object:
    return node.call('PUT', f'{NODE}/qemu/{vmid}/firewall/options', enable=1)


def write_ipset(node: Client, vmid: int) -> object:
    return node.call('POST', f'{NODE}/qemu/{vmid}/firewall/ipset', name='ipfilter-net0')


def back_up(node: Client, vmid: int) -> object:
    return node.call('POST', f'{NODE}/vzdump', vmid=vmid, storage='local', mode='snapshot', compress='zstd')


def make_job(node: Client, vmid: int) -> object:
    node.call('POST', '/cluster/backup', id='of-the-pool', schedule='02:30', storage='local', pool=POOL)
    return node.call('DELETE', '/cluster/backup/of-the-pool')


def take_snapshot(node: Client, vmid: int) -> object:
    node.call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname='tenants-20261129T230000')
    node.call('POST', f'{NODE}/qemu/{vmid}/snapshot/tenants-20261129T230000/rollback')
    return node.call('DELETE', f'{NODE}/qemu/{vmid}/snapshot/tenants-20261129T230000')


# Operations of the program that ask for each privilege, each with the path that the refusal names.
ASK: dict[str, list[tuple[Operation, str]]] = {
    'VM.Audit': [(lambda node, vmid: node.config(vmid), '/vms/{vmid}')],
    'VM.Clone': [(clone, f'/vms/{TEMPLATE}')],
    'Pool.Allocate': [(make_pool, '/pool/another')],
    'VM.Allocate': [(delete, '/vms/{vmid}')],
    'VM.Config.CDROM': [(configure(ide3='none,media=cdrom'), '/vms/{vmid}')],
    'VM.Config.CPU': [(configure(cores=3), '/vms/{vmid}')],
    'VM.Config.Cloudinit': [(configure(ide2='local-lvm:cloudinit'), '/vms/{vmid}')],
    'VM.Config.Disk': [(configure(scsi1='local-lvm:1'), '/vms/{vmid}'), (resize, '/vms/{vmid}'),
                       (content, '/vms/{vmid}')],
    'VM.Config.HWType': [(configure(scsihw='virtio-scsi-single'), '/vms/{vmid}')],
    'VM.Config.Memory': [(configure(memory=1024), '/vms/{vmid}')],
    'VM.Config.Network': [(configure(net0='virtio,bridge=vmbr0,tag=50'), '/vms/{vmid}'),
                          (write_firewall, '/vms/{vmid}'), (write_ipset, '/vms/{vmid}')],
    'VM.Config.Options': [(configure(tags='a'), '/vms/{vmid}'), (configure(onboot=1), '/vms/{vmid}')],
    'VM.PowerMgmt': [(lambda node, vmid: node.power(vmid, 'start'), '/vms/{vmid}'),
                     (lambda node, vmid: node.power(vmid, 'stop'), '/vms/{vmid}')],
    'VM.Monitor': [(guest_agent, '/vms/{vmid}')],
    'Datastore.AllocateSpace': [(clone, '/storage/local-lvm'), (configure(scsi1='local-lvm:1'), '/storage/local-lvm'),
                                (resize, '/storage/local-lvm'), (back_up, '/storage/local')],
    'VM.Backup': [(back_up, '/vms/{vmid}'), (make_job, f'/pool/{POOL}')],
    'VM.Snapshot': [(take_snapshot, '/vms/{vmid}')],
    'Datastore.Audit': [(content, '/storage/local-lvm')],
    'SDN.Use': [(clone, BRIDGE), (configure(net0='virtio,bridge=vmbr0,tag=50'), f'{BRIDGE}/50')],
    'Sys.Audit': [(lambda node, vmid: node.call('GET', '/cluster/firewall/options'), '/')],
    'Sys.Modify': [(configure(startup='order=1'), '/'), (make_job, '/')],
    'Datastore.Allocate': [(make_job, '/storage/local')],
    'Mapping.Use': [(configure(hostpci0='mapping=gpu0'), '/mapping/pci/gpu0'), (configure(usb0='mapping=zigbee'), '/mapping/usb/zigbee')],
}


def whole_role() -> list[dict]:
    """The grants of a substrate that needs all of them."""
    places = {'datastore': 'local-lvm', 'bridge': 'vmbr0', 'backup': 'local', 'jobStorage': 'local', 'node': 'pve2', 'pci': 'gpu0',
              'usb': 'zigbee'}
    return [{'path': grant['path'].format(**places),
             'privileges': list(grant['privileges']), 'propagate': grant.get('propagate', True),
             'userids': ['deevnet@pve', 'deevnet@pve!pulumi']} for grant in GRANTS]


@pytest.fixture
def ours(node):
    """A node whose token holds the roles and nothing else, and a VM in a pool, without its cloud-init drive."""
    node.control('PATCH', '/settings', {'grants': whole_role()})
    node.call('POST', '/pools', poolid=POOL)
    vmid = node.clone(pool=POOL)
    node.configure(vmid, delete='ide2')
    yield node, vmid
    node.control('PATCH', '/settings', {'without': []})
    root = node.as_root()
    for guest in node.call('GET', f'/pools?poolid={POOL}')[0]['members']:
        root.power(guest['vmid'], 'stop')
        root.call('DELETE', f'{NODE}/qemu/{guest["vmid"]}')
    root.call('DELETE', f'/pools?poolid={POOL}')


@pytest.mark.parametrize('privilege, operation, path',
                         [(name, *asked) for name, operations in ASK.items() for asked in operations])
def test_without_one_privilege_the_operation_is_refused_and_with_it_it_is_not(ours, privilege, operation, path):
    node, vmid = ours
    node.control('PATCH', '/settings', {'without': [privilege]})
    with pytest.raises(ApiError) as refused:
        operation(node, vmid)
    assert refused.value.message.endswith(f'{path.format(vmid=vmid)}, {privilege})')
    node.control('PATCH', '/settings', {'without': []})
    operation(node, vmid)


def test_clone_without_vm_allocate_is_refused_with_no_reason(ours):
    """PVE tells none where one of two rules would do, here the VMID's and the pool's (PVE::RPCEnvironment)."""
    node, _vmid = ours
    node.control('PATCH', '/settings', {'without': ['VM.Allocate']})
    with pytest.raises(ApiError, match='^403 Permission check failed$'):
        clone(node, 0)


@pytest.mark.parametrize('privilege, path, name', [('Pool.Audit', '/pools', POOL),
                                                   ('VM.Audit', '/cluster/resources?type=vm', 'homeassistant')])
def test_without_audit_what_is_there_looks_deleted(ours, privilege, path, name):
    node, _vmid = ours
    names = lambda: [entry.get('poolid') or entry['name'] for entry in node.call('GET', path)]
    assert name in names()
    node.control('PATCH', '/settings', {'without': [privilege]})
    assert names() == []


def test_without_sys_audit_the_task_log_has_the_tokens_own_tasks_alone(ours):
    node, vmid = ours
    node.power(vmid, 'start')
    node.as_root().power(vmid, 'stop')
    users = lambda: {task['user'] for task in node.call('GET', f'{NODE}/tasks?vmid={vmid}')}
    assert users() == {'root@pam', 'deevnet@pve!pulumi'}
    node.control('PATCH', '/settings', {'without': ['Sys.Audit']})
    assert users() == {'deevnet@pve!pulumi'}


def test_every_privilege_of_the_roles_is_asked_for():
    assert {*ASK, 'Pool.Audit', 'Sys.Audit'} == set(PRIVILEGES)


def test_no_privilege_stands_twice_on_a_path():
    asked = [(grant['path'], name) for grant in GRANTS for name in grant['privileges']]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize('operation', [configure(cores=3), configure(net0='virtio,bridge=vmbr0'), configure(tags='a'),
                                       lambda node, vmid: node.power(vmid, 'stop'), write_firewall, guest_agent])
def test_vm_of_somebody_else_is_neither_stopped_nor_entered_nor_changed_but_for_its_disks(ours, operation):
    node, _vmid = ours
    assert node.config(110)['name'] == 'homeassistant'
    with pytest.raises(ApiError, match=r'403 Permission check failed \(/vms/110, '):
        operation(node, 110)


def test_vm_that_was_taken_out_of_its_pool_is_read_and_put_back(ours):
    node, vmid = ours
    node.as_root().call('PUT', '/pools', poolid=POOL, vms=vmid, delete=1)
    assert content(node, vmid)['size'] > 0
    with pytest.raises(ApiError, match=rf'403 Permission check failed \(/vms/{vmid}, VM.Config.CPU\)'):
        node.configure(vmid, cores=3)
    node.call('PUT', '/pools', poolid=POOL, vms=vmid)
    node.configure(vmid, cores=3)


def test_a_guest_in_no_pool_is_taken_over_by_a_pool_until_tenants_role_puts_it_out_of_reach(spare: Client) -> None:
    """The commands that `tenants role` prints for guests of others (pve-manager 8.4.21, PVE/API2/Pool.pm:330)."""
    program = ['deevnet@pve', 'deevnet@pve!pulumi']

    def grant(*others: str) -> None:
        own = [{'path': one['path'].format(datastore='local-lvm', bridge='vmbr0'), 'privileges': list(one['privileges']),
                'propagate': one.get('propagate', True), 'userids': program} for one in GRANTS if 'when' not in one]
        seen = [{'path': path, 'privileges': ['VM.Audit'], 'propagate': True, 'userids': program} for path in others]
        spare.control('PATCH', '/settings', {'grants': own + seen})

    root = spare.as_root()
    root.call('POST', '/pools', poolid='ours')
    before = spare.config(110)
    grant()
    with pytest.raises(ApiError, match=r'/vms/110, VM.Config.CPU'):
        spare.configure(110, cores=3)
    spare.call('PUT', '/pools', poolid='ours', vms=110)
    spare.configure(110, cores=3)
    root.configure(110, cores=before['cores'])
    root.call('POST', '/pools', poolid='others')
    root.call('PUT', '/pools', poolid='others', vms=110, **{'allow-move': 1})
    grant('/pool/others')
    with pytest.raises(ApiError, match=r'/pool/others, Pool.Allocate'):
        spare.call('PUT', '/pools', poolid='ours', vms=110, **{'allow-move': 1})
    with pytest.raises(ApiError, match=r'/vms/110, VM.Config.CPU'):
        spare.configure(110, cores=3)
    spare.configure(110, boot='order=scsi0')
    grant('/pool/others', '/vms/110')
    with pytest.raises(ApiError, match=r'/vms/110, VM.Config.Disk'):
        spare.configure(110, boot='order=scsi0')
    assert spare.config(110)['name'] == 'homeassistant'
