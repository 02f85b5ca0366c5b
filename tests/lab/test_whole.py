"""Putting a state back: what PUT /state takes, and what it refuses."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import running_machine, wide_grants
from machine import ApiError
from node_client import NODE, UNRELATED, Client
from router_client import Router

CONFIG = f'{NODE}/qemu/{UNRELATED}/config'


@pytest.fixture(scope='module')
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A second node, which nobody but this file changes."""
    for ready in running_machine('simnode', tmp_path_factory.mktemp('other')):
        client = Client(ready)
        client.control('PATCH', '/settings', {'grants': wide_grants()})
        yield client


def clone_only(node: Client) -> int:
    return node.clone(pool='whole', name='whole')


def waiting_changes(node: Client) -> int:
    vmid = clone_only(node)
    node.power(vmid, 'start')
    node.configure(vmid, cores=1, memory=512, cipassword='secret', tags='b;a')
    return vmid


def detached_disk(node: Client) -> int:
    vmid = clone_only(node)
    node.configure(vmid, scsi1='local-lvm:8')
    node.configure(vmid, delete='scsi1')
    return vmid


def locked(node: Client) -> int:
    vmid = clone_only(node)
    node.as_root().configure(vmid, lock='backup')
    return vmid


def snapshot(node: Client) -> int:
    vmid = clone_only(node)
    node.as_root().call('POST', f'{NODE}/qemu/{vmid}/snapshot', snapname='before')
    return vmid


def walled(node: Client) -> int:
    vmid = clone_only(node)
    firewall = f'{NODE}/qemu/{vmid}/firewall'
    node.call('POST', f'{firewall}/rules', type='in', action='ACCEPT', enable=1, comment='a rule')
    node.call('POST', f'{firewall}/ipset', name='ipfilter-net0')
    node.call('POST', f'{firewall}/ipset/ipfilter-net0', cidr='10.20.50.11')
    node.call('PUT', f'{firewall}/options', enable=1, policy_in='DROP')
    return vmid


def failed_task(node: Client) -> int:
    vmid = clone_only(node)
    node.control('POST', '/faults', {'method': 'POST', 'path': f'{NODE}/qemu/{vmid}/status/start', 'times': 1,
                                     'task': 'start failed: QEMU exited with code 1'})
    with pytest.raises(ApiError):
        node.power(vmid, 'start')
    return vmid


REACHED = [clone_only, waiting_changes, detached_disk, locked, snapshot, walled, failed_task]


@pytest.fixture
def pooled(node: Client) -> Iterator[Client]:
    node.as_root().call('POST', '/pools', poolid='whole', comment='of a test')
    before = node.control('GET', '/state/whole')
    yield node
    node.control('PUT', '/state', before)
    node.as_root().call('DELETE', '/pools?poolid=whole')


@pytest.mark.parametrize('reach', REACHED)
def test_a_state_that_requests_made_is_put_back(pooled: Client, other: Client, reach: Callable[[Client], int]) -> None:
    clean = pooled.control('GET', '/state')
    before = pooled.control('GET', '/state/whole')
    vmid = reach(pooled)
    state, whole = pooled.control('GET', '/state'), pooled.control('GET', '/state/whole')
    assert state != clean
    told = told_of(pooled, vmid)
    for node in (other, pooled):
        pooled.control('PUT', '/state', before)
        assert pooled.control('GET', '/state') == clean
        node.control('PUT', '/state', whole)
        assert node.control('GET', '/state') == state
        assert node.control('GET', '/state/whole') == whole
        assert told_of(node, vmid) == told


def told_of(node: Client, vmid: int) -> list[Any]:
    """What the API tells of a VM, with the types of its values."""
    vm = f'{NODE}/qemu/{vmid}'
    status = node.call('GET', f'{vm}/status/current')
    return [node.config(vmid), node.call('GET', f'{vm}/pending'), node.call('GET', f'{vm}/firewall/rules'),
            node.call('GET', f'{vm}/firewall/ipset'), node.call('GET', f'{vm}/snapshot')[:-1],
            {key: status.get(key) for key in ('name', 'status', 'qmpstatus', 'lock', 'pid')},
            node.as_root().call('GET', f'{NODE}/tasks?vmid={vmid}')]


def test_a_node_that_was_put_back_goes_on(pooled: Client, other: Client) -> None:
    vmid = waiting_changes(pooled)
    process = pooled.call('GET', f'{NODE}/qemu/{vmid}/status/current')['pid']
    other.control('PUT', '/state', pooled.control('GET', '/state/whole'))
    other.power(vmid, 'stop')
    other.power(vmid, 'start')
    assert other.config(vmid, current=True)['cores'] == 1
    # A VM that starts has another process than any before.
    assert other.call('GET', f'{NODE}/qemu/{vmid}/status/current')['pid'] != process
    other.power(vmid, 'stop')
    other.call('DELETE', f'{NODE}/qemu/{vmid}?purge=1')
    assert str(vmid) not in other.control('GET', '/state')['vms']
    # The other node has nothing to do with it.
    assert pooled.call('GET', f'{NODE}/qemu/{vmid}/status/current')['pid'] == process


def test_a_task_that_runs_is_saved_as_cut_off_and_its_lock_stays(pooled: Client, other: Client) -> None:
    pooled.control('PATCH', '/settings', {'clone_seconds': 30})
    vmid = clone_only(pooled)
    whole = pooled.control('GET', '/state/whole')
    pooled.control('PATCH', '/settings', {'clone_seconds': 0})
    other.control('PUT', '/state', whole)
    assert other.control('GET', '/state')['vms'][str(vmid)]['lock'] == 'clone'
    [task] = other.as_root().call('GET', f'{NODE}/tasks?limit=1')
    assert (task['type'], task['status']) == ('qmclone', 'unexpected status')


def broken(whole: dict[str, Any], path: list[Any], value: Any) -> dict[str, Any]:
    """A state with another value at a place, `...` for none."""
    changed = copy.deepcopy(whole)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize('path, value, why', [
    (['vms'], ..., 'vms is missing'), (['speed'], 1, 'speed is unknown'), (['vms'], {}, 'vms: {} is no list'),
    (['vms', 0, 'vmid'], '100', "vms[0].vmid: '100' is no int"), (['vms', 0, 'lock'], ..., 'vms[0].lock is missing'),
    (['vms', 0, 'status'], 'asleep', 'vms[0].status: asleep is none of running, stopped'),
    (['vms', 0, 'node'], 'pve9', 'vms[0].node: there is no node pve9'),
    (['vms', 0, 'vmid'], 110, 'VMID 110 is there twice'),
    (['vms', 0, 'template'], 1, 'vms[0].template: 1 is no bool'),
    (['pools', 'a'], {'comment': None, 'storages': [], 'vmids': [110, 110]}, 'pool member 110 is there twice'),
    (['pools', 'a'], {'comment': None, 'storages': [], 'vmids': 'x'}, "pools.a.vmids: 'x' is no list"),
    (['storages', 'local', 'files'], None, 'storages.local.files: None is no list'),
    (['storages', 'local-lvm', 'volumes', 'x'], {'size': '4G'}, "storages.local-lvm.volumes.x.size: '4G' is no int"),
    (['firewall', 'guests', '110'], {'rules': []}, 'firewall.guests.110.aliases is missing'),
    (['firewall', 'guests', '0110'], {'options': {'enable': 1}, 'rules': [], 'aliases': {}, 'ipset': {}, 'groups': {},
                                      'ipset_comments': {}, 'group_comments': {}}, 'firewall.guests.0110'),
    (['tasks'], [{'upid': 'UPID:x'}], 'tasks[0].endtime is missing')])
def test_a_state_that_no_node_can_be_in_is_refused_and_changes_nothing(node, path, value, why):
    whole = node.control('GET', '/state/whole')
    with pytest.raises(ApiError) as refused:
        node.control('PUT', '/state', broken(whole, path, value))
    assert refused.value.status == 400 and why in refused.value.message
    assert node.control('GET', '/state/whole') == whole
    node.control('PUT', '/state', whole)


def test_what_is_no_state_is_refused(node, router):
    for machine in (node, router):
        with pytest.raises(ApiError, match=r'all: \[\] is no object'):
            machine.control('PUT', '/state', [])


def test_a_recording_has_node_and_file_before_and_after_each_write(pooled: Client, other: Client,
                                                                   tmp_path: Path) -> None:
    file = tmp_path / 'state.json'
    file.write_text('one')
    pooled.control('PATCH', '/settings', {'record': str(file)})
    vmid = clone_only(pooled)
    pooled.config(vmid)
    file.write_text('two')
    pooled.configure(vmid, cores=1)
    with pytest.raises(ApiError):
        pooled.configure(vmid, cores='x')
    writes = pooled.control('GET', '/recording')
    pooled.control('PATCH', '/settings', {'record': None})
    assert [(one['method'], one['path'].rpartition('/')[2], one['status']) for one in writes] == [
        ('POST', 'clone', 200), ('PUT', 'config', 200), ('PUT', 'config', 400)]
    assert [(one['before']['file'], one['after']['file']) for one in writes] == [('one', 'one'), ('two', 'two'),
                                                                                 ('two', 'two')]
    assert [(one['before']['ended'], one['after']['ended']) for one in writes] == [(0, 1), (1, 2), (2, 3)]
    cores = []
    for one in writes:
        for moment in ('before', 'after'):
            other.control('PUT', '/state', one[moment]['node'])
            vm = other.control('GET', '/state')['vms'].get(str(vmid))
            cores.append(vm and vm['config']['cores'])
    assert cores == [None, '4', '4', '1', '1', '1']
    with pytest.raises(ApiError, match='nothing is recorded'):
        pooled.control('GET', '/recording')
    with pytest.raises(ApiError, match='/nowhere is no file'):
        pooled.control('PATCH', '/settings', {'record': '/nowhere'})


def test_a_router_is_put_back(router: Router) -> None:
    before = router.control('GET', '/state/whole')
    subnet = router.add_subnet()
    router.post('kea/service/reconfigure')
    router.add_reservation(subnet)
    router.control('PUT', '/interfaces/opt30', {'device': 'vlan0.50', 'addr4': '10.20.50.1/24', 'enabled': False})
    state, whole = router.control('GET', '/state'), router.control('GET', '/state/whole')
    rows, audit = router.rows('kea/dhcpv4/search_reservation'), router.control('GET', '/audit')
    router.control('PUT', '/state', before)
    assert router.control('GET', '/state/whole') == before
    assert router.rows('kea/dhcpv4/search_reservation') != rows
    router.control('PUT', '/state', whole)
    assert router.control('GET', '/state') == state
    assert router.control('GET', '/state/whole') == whole
    assert router.rows('kea/dhcpv4/search_reservation') == rows
    assert router.control('GET', '/audit') == audit
    router.post('kea/service/reconfigure')
    assert len(router.control('GET', '/state')['active']['reservation']) == 2
    router.control('PUT', '/state', before)


@pytest.mark.parametrize('path, value, why', [
    (['audit'], ..., 'audit is missing'), (['saved', 'rules'], {}, 'saved.rules is unknown'),
    (['active', 'rule'], ..., 'active.rule is missing'), (['saved', 'host', 'x'], {}, 'saved.host.x.'),
    (['running', 'kea'], 1, 'running.kea: 1 is no bool'), (['interfaces', 'lan'], {}, 'interfaces.lan.addr4 is missing'),
    (['saved', 'kea_general', 'general', 'enabled'], True, 'saved.kea_general.general.enabled: True is no str'),
    (['audit'], [{}], 'audit[0].after is missing')])
def test_a_state_that_no_router_can_be_in_is_refused_and_changes_nothing(router, path, value, why):
    whole = router.control('GET', '/state/whole')
    with pytest.raises(ApiError) as refused:
        router.control('PUT', '/state', broken(whole, path, value))
    assert refused.value.status == 400 and why in refused.value.message
    assert router.control('GET', '/state/whole') == whole


def test_a_state_is_plain_json(node, router):
    for machine in (node, router):
        whole = machine.control('GET', '/state/whole')
        assert json.loads(json.dumps(whole)) == whole
