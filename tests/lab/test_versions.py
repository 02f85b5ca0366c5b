"""PVE 9.2 beside 8.4 (lab/simnode/versions.py): what each answers otherwise, and a node that is upgraded in place."""

import contextlib
from collections.abc import Iterator

import pytest
from conftest import running_machine
from node_client import NODE, ApiError, Client
from test_role import DESCRIBED

USERS = ['deevnet@pve', 'deevnet@pve!pulumi']
PLACE = {'datastore': 'local-lvm', 'bridge': 'vmbr0', 'backup': 'local', 'jobStorage': 'local', 'node': 'pve2', 'pci': 'gpu0',
         'usb': 'zigbee'}
AGENT = f'{NODE}/qemu/{{vmid}}/agent'
# How many privileges a version has (pve-access-control 8.2.3 and 9.1.1, src/PVE/AccessControl.pm, $privgroups).
PRIVILEGES = {'8.4': 42, '9.2': 47}


def grants_of(version: str) -> list[dict]:
    """All that a substrate may ask for on a node of a version, as the control interface takes it."""
    from simnode.versions import VERSIONS
    return [{'path': grant['path'].format(**PLACE), 'privileges': list(grant['privileges']),
             'propagate': grant.get('propagate', True), 'userids': USERS} for grant in VERSIONS[version].grants(DESCRIBED)]


@contextlib.contextmanager
def a_node(folder, version: str) -> Iterator[Client]:
    """A node of a version whose token holds all roles of it, with a running VM in a pool, whose guest agent answers."""
    for ready in running_machine('simnode', folder, '--pve', version):
        client = Client(ready)
        client.control('PATCH', '/settings', {'grants': grants_of(version), 'agents_answer': True, 'cpu_types': ['custom-own']})
        client.call('POST', '/pools', poolid='ours')
        client.vmid = client.clone(pool='ours')
        client.power(client.vmid, 'start')
        yield client


@pytest.fixture(scope='module')
def nodes(tmp_path_factory) -> Iterator[dict[str, Client]]:
    """A node of each version."""
    with contextlib.ExitStack() as stack:
        yield {version: stack.enter_context(a_node(tmp_path_factory.mktemp('versions'), version)) for version in PRIVILEGES}


@pytest.fixture(params=PRIVILEGES)
def each(request, nodes) -> Iterator[Client]:
    """The node of each version, with its settings as they were afterwards."""
    yield nodes[request.param]
    nodes[request.param].control('PATCH', '/settings', {'grants': grants_of(request.param), 'without': []})


def agent(node: Client, what: str, **fields) -> object:
    path = f'{AGENT.format(vmid=node.vmid)}/{what}'
    return node.call('GET' if what.startswith('network') else 'POST', path, **fields)


def refusal(asked) -> str:
    with pytest.raises(ApiError) as refused:
        asked()
    return f'{refused.value.status} {refused.value.message}'


def test_version_and_number_of_privileges(nodes):
    from simnode.versions import VERSIONS
    assert {name: node.call('GET', '/version')['release'] for name, node in nodes.items()} == {'8.4': '8.4', '9.2': '9.2'}
    assert {name: len(VERSIONS[name].privileges) for name in nodes} == PRIVILEGES


def test_each_versions_roles_are_of_its_privileges_alone_and_are_refused_by_the_other(nodes):
    for version, other in (('8.4', '9.2'), ('9.2', '8.4')):
        nodes[version].control('PATCH', '/settings', {'grants': grants_of(version)})
        gone = {'8.4': 'VM.Monitor', '9.2': 'VM.GuestAgent.Audit'}[version]
        with pytest.raises(ApiError, match=f'no privileges of PVE {other}: {gone}'):
            nodes[other].control('PATCH', '/settings', {'grants': grants_of(version)})


def test_guest_agent_is_read_with_the_versions_own_privilege_alone(each, request):
    """qemu-server 8.4.10, src/PVE/API2/Qemu/Agent.pm:147; 9.2.6, Agent.pm:74."""
    privilege, named = {'8.4': ('VM.Monitor', 'VM.Monitor'),
                        '9.2': ('VM.GuestAgent.Audit', 'VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted')}[version_of(each)]
    assert agent(each, 'network-get-interfaces')['result']
    each.control('PATCH', '/settings', {'without': [privilege]})
    assert refusal(lambda: agent(each, 'network-get-interfaces')) == (
        f'403 Permission check failed (/vms/{each.vmid}, {named})')


def version_of(node: Client) -> str:
    return node.call('GET', '/version')['release']


def test_vm_monitor_lets_run_commands_in_guests_and_audit_does_not(nodes):
    asked = {name: lambda node=node: agent(node, 'exec', command='id') for name, node in nodes.items()}
    assert asked['8.4']()['pid'] > 0
    assert refusal(asked['9.2']).endswith(', VM.GuestAgent.Unrestricted)')


def test_the_agents_shutdown_asks_for_vm_monitor_and_for_power(nodes):
    """It takes VM.Monitor alone on 8.4 (Agent.pm:147), and power management on 9.2 (Agent.pm:99)."""
    for version, privilege in (('8.4', 'VM.Monitor'), ('9.2', 'VM.PowerMgmt')):
        node = nodes[version]
        node.control('PATCH', '/settings', {'without': [privilege]})
        assert privilege in refusal(lambda node=node: agent(node, 'shutdown'))
        node.control('PATCH', '/settings', {'without': []})
        agent(node, 'shutdown')


def test_a_cpu_type_of_the_nodes_own_is_given_by_its_mapping_from_9_on(each):
    """qemu-server 8.4.10, src/PVE/API2/Qemu.pm:740; 9.2.6, Qemu.pm:755."""
    privilege, path = {'8.4': ('Sys.Audit', '/nodes'), '9.2': ('Mapping.Use', '/mapping/cpu/own')}[version_of(each)]
    each.control('PATCH', '/settings', {'without': [privilege]})
    assert refusal(lambda: each.configure(each.vmid, cpu='custom-own')) == f'403 Permission check failed ({path}, {privilege})'
    each.control('PATCH', '/settings', {'without': []})
    each.configure(each.vmid, cpu='custom-own')
    each.configure(each.vmid, cpu='host')


@pytest.mark.parametrize(('options', 'what'), [({'allow-ksm': 0}, 'allow-ksm'), ({'cpu': 'EPYC-Turin'}, 'cpu'),
                                               ({'agent': '1,freeze-fs=0'}, 'agent'),
                                               ({'net0': 'virtio,bridge=vmbr0,tag=50,host-tunnel=1'}, 'net0')])
def test_settings_that_came_with_9_are_refused_before(nodes, options, what):
    with pytest.raises(ApiError) as refused:
        nodes['8.4'].configure(nodes['8.4'].vmid, **options)
    assert (refused.value.status, list(refused.value.errors)) == (400, [what])
    nodes['9.2'].configure(nodes['9.2'].vmid, **options)
    nodes['9.2'].configure(nodes['9.2'].vmid, agent='1,freeze-fs-on-backup=0')
    nodes['8.4'].configure(nodes['8.4'].vmid, agent='1,freeze-fs-on-backup=0')


def test_ha_groups_became_rules(nodes):
    """pve-ha-manager, src/PVE/API2/HA/Groups.pm:60."""
    old, new = (nodes[version].as_root() for version in ('8.4', '9.2'))
    assert (old.call('GET', '/cluster/ha/groups'), new.call('GET', '/cluster/ha/rules')) == ([], [])
    assert refusal(lambda: new.call('GET', '/cluster/ha/groups')) == (
        '500 cannot index groups: ha groups have been migrated to rules')
    assert refusal(lambda: old.call('GET', '/cluster/ha/rules')).startswith('501 ')


def test_a_backup_takes_what_9_dropped_before_it(nodes):
    """PVE::VZDump::Common, $confdesc: maxfiles and the first notification settings are gone."""
    def backup(node: Client) -> object:
        return node.call('POST', f'{NODE}/vzdump', vmid=node.vmid, storage='local', maxfiles=1)
    backup(nodes['8.4'])
    with pytest.raises(ApiError) as refused:
        backup(nodes['9.2'])
    assert (refused.value.status, list(refused.value.errors)) == (400, ['maxfiles'])


def test_host_memory_of_a_vm_is_told_from_9_on(nodes):
    told = {name: 'memhost' in node.call('GET', f'{NODE}/qemu/{node.vmid}/status/current') for name, node in nodes.items()}
    assert told == {'8.4': False, '9.2': True}


def test_an_upgrade_forgets_what_is_no_privilege_any_more_and_nothing_else(tmp_path):
    with a_node(tmp_path / 'run', '8.4') as node:
        before = node.control('GET', '/state')
        assert agent(node, 'network-get-interfaces')['result']
        node.control('PATCH', '/settings', {'pve': '9.2'})
        assert version_of(node) == '9.2'
        assert node.control('GET', '/state') == before
        held = node.call('GET', '/access/permissions')['/pool']
        assert 'VM.PowerMgmt' in held and 'VM.Monitor' not in held
        assert '403' in refusal(lambda: agent(node, 'network-get-interfaces'))
        for wrong, why in (('8.4', '9.2.11 is not upgraded to 8.4.1'), ('7', 'pve: 7 is none of 8.4, 9.2')):
            with pytest.raises(ApiError, match=why):
                node.control('PATCH', '/settings', {'pve': wrong})
