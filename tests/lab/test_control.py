"""The control interface."""

import asyncio
import http.client
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
from machine import PATIENCE, ApiError
from node_client import NODE, UNRELATED, Client

CONFIG = f'{NODE}/qemu/{UNRELATED}/config'


def test_requests_tell_what_was_asked_and_answered(node):
    vmid = node.clone()
    node.control('DELETE', '/requests')
    node.configure(vmid, cores=2)
    with pytest.raises(ApiError):
        node.call('GET', f'{NODE}/qemu/4998/config?current=1')
    seen = node.control('GET', '/requests')
    assert [(entry['method'], entry['path'], entry['body'], entry['status'], entry['user']) for entry in seen] == [
        ('PUT', f'/api2/json{NODE}/qemu/{vmid}/config', 'cores=2', 200, 'deevnet@pve!pulumi'),
        ('GET', f'/api2/json{NODE}/qemu/4998/config?current=1', '', 500, 'deevnet@pve!pulumi')]
    assert seen[1]['n'] == seen[0]['n'] + 1


def test_requests_hold_no_passwords(node):
    node.as_root()
    assert node.ready['rootPassword'] not in repr(node.control('GET', '/requests'))


@pytest.mark.parametrize('path', ['/nodes/{node}/qemu/{vmid}/config', rf'{NODE}/qemu/\d+/config', CONFIG])
def test_fault_answers_as_often_as_asked(node, path):
    node.control('POST', '/faults', {'method': 'GET', 'path': path, 'status': 596, 'message': 'gone', 'times': 1})
    with pytest.raises(ApiError) as refused:
        node.call('GET', CONFIG)
    assert (refused.value.status, refused.value.message) == (596, 'gone')
    assert node.call('GET', CONFIG)['name'] == 'homeassistant'


def test_fault_reaches_a_path_with_a_trailing_slash(node):
    vmid = node.clone()
    node.control('POST', '/faults', {'method': 'DELETE', 'path': f'{NODE}/qemu/{vmid}', 'status': 500, 'message': 'no'})
    with pytest.raises(ApiError, match='500 no'):
        node.call('DELETE', f'{NODE}/qemu/{vmid}/')
    assert node.config(vmid)['cores'] == 4


def test_fault_may_be_of_one_body(node):
    pool = {'method': 'POST', 'path': '/pools', 'status': 500, 'message': 'no'}
    node.control('POST', '/faults', {**pool, 'body': 'poolid=one(&|$)'})
    node.control('POST', '/faults', {**pool, 'body': 'poolid=two(&|$)', 'message': 'neither'})
    root = node.as_root()
    for poolid, why in (('one', '500 no$'), ('two', '500 neither')):
        with pytest.raises(ApiError, match=why):
            root.call('POST', '/pools', poolid=poolid, comment='x')
    root.call('POST', '/pools', poolid='onemore')
    root.call('DELETE', '/pools?poolid=onemore')
    assert node.control('GET', '/state')['pools'] == {}


def test_fault_leaves_other_requests_alone(node):
    node.control('POST', '/faults', {'method': 'GET', 'path': CONFIG, 'status': 500, 'message': 'no'})
    assert node.call('GET', f'{NODE}/qemu/{UNRELATED}/status/current')['status'] == 'running'
    node.control('DELETE', '/faults')
    assert node.call('GET', CONFIG)['cores'] == 2


def test_fault_can_lose_the_answer_of_what_was_done(node):
    node.control('POST', '/faults', {'method': 'PUT', 'path': CONFIG, 'lost': True, 'times': 1})
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        node.configure(UNRELATED, cores=3)
    assert node.config(UNRELATED)['cores'] == 3
    node.configure(UNRELATED, cores=2)
    assert node.config(UNRELATED)['cores'] == 2


def test_fault_can_be_one_of_pves_own_errors(node):
    node.control('POST', '/faults', {'method': 'PUT', 'path': CONFIG, 'error': 'config_lock_timeout'})
    with pytest.raises(ApiError, match="can't lock file '/var/lock/qemu-server/lock-110.conf' - got timeout"):
        node.configure(UNRELATED, cores=3)
    assert node.config(UNRELATED)['cores'] == 2


def test_fault_can_end_a_task_and_nothing_is_done(node):
    path = '/nodes/{node}/qemu/{vmid}/clone'
    before = node.control('GET', '/state')
    node.control('POST', '/faults', {'method': 'POST', 'path': path, 'task': 'clone failed: no space', 'times': 1})
    with pytest.raises(ApiError) as refused:
        node.clone()
    assert (refused.value.status, refused.value.message) == (0, 'clone failed: no space')
    assert node.control('GET', '/state') == before


@pytest.mark.parametrize('fault, why', [({'method': 'GET', 'path': '/x'}, 'status'),
                                        ({'path': '/x', 'status': 500, 'message': 'no'}, "'method' is missing"),
                                        ({'method': 'GET', 'path': '/x', 'sttus': 500}, 'unknown keys: sttus')])
def test_fault_that_makes_no_sense_is_refused(node, fault, why):
    with pytest.raises(ApiError) as refused:
        node.control('POST', '/faults', fault)
    assert refused.value.status == 400 and why in refused.value.message


def test_state_is_equal_when_nothing_lasting_changed(node):
    before = node.control('GET', '/state')
    node.call('GET', f'{NODE}/qemu/{UNRELATED}/firewall/rules')
    node.call('GET', f'{NODE}/firewall/options')
    node.configure(UNRELATED, cores=2)
    assert node.control('GET', '/state') == before


@pytest.mark.parametrize('path, fields', [
    (f'{NODE}/qemu/{UNRELATED}/config', {'tags': 'changed'}), (f'{NODE}/qemu/{UNRELATED}/config', {'cores': 3}),
    (f'{NODE}/qemu/{UNRELATED}/firewall/options', {'enable': 1}), ('/pools', {'poolid': 'extra'}),
    (f'{NODE}/firewall/options', {'log_level_in': 'info'}), ('/cluster/firewall/groups', {'group': 'extra'}),
    ('/cluster/firewall/aliases', {'name': 'extra', 'cidr': '10.0.0.0/8'}),
    ('/cluster/firewall/options', {'enable': 0}), (f'{NODE}/qemu/{UNRELATED}/status/stop', {})])
def test_state_differs_when_something_lasting_changed(spare, path, fields):
    before = spare.control('GET', '/state')
    method = 'PUT' if path.endswith(('config', 'options')) else 'POST'
    spare.as_root().call(method, path, **fields)
    assert spare.control('GET', '/state') != before


def test_state_of_two_fresh_nodes_is_the_same():
    from simnode.simulated import SimulatedNode
    from simnode.state import dump
    assert dump(SimulatedNode('127.0.0.1', 0)) == dump(SimulatedNode('127.0.0.1', 0))


def test_latency_is_in_real_seconds(node):
    node.control('PATCH', '/settings', {'latency': 0.2})
    asked = time.monotonic()
    node.call('GET', '/version')
    assert time.monotonic() - asked >= 0.2


def test_time_scale_makes_tasks_take_their_time(node):
    vmid = node.clone()
    node.power(vmid, 'start')
    assert node.control('PATCH', '/settings', {'time_scale': 0.01})['time_scale'] == 0.01
    upid = node.call('POST', f'{NODE}/qemu/{vmid}/status/shutdown')
    deadline = time.monotonic() + PATIENCE
    while node.call('GET', f'{NODE}/tasks/{upid}/status')['status'] == 'running':
        assert time.monotonic() < deadline
    assert node.call('GET', f'{NODE}/qemu/{vmid}/status/current')['status'] == 'stopped'


def test_two_clones_copy_side_by_side_a_third_waits_and_a_linked_one_does_not():
    from simnode.linked import LINKED
    from simnode.simulated import SimulatedNode

    async def paused() -> list[list[float]]:
        node, end, seconds = SimulatedNode('127.0.0.1', 0), asyncio.Event(), []

        async def pause(length: float) -> None:
            seconds.append(length)
            await end.wait()

        async def nothing() -> None:
            return None
        node.pause, node.time_scale, node.task_seconds = pause, 1, {'qmclone': 4, 'linked': 2, 'qmstart': 1}
        token = LINKED.set(True)
        await node.task('pve2', 'qmclone', 7000, 'root@pam', nothing)
        LINKED.reset(token)
        for vmid, kind in enumerate(('qmclone', 'qmclone', 'qmclone', 'qmstart'), start=7001):
            await node.task('pve2', kind, vmid, 'root@pam', nothing)
        await asyncio.sleep(0.1)
        before = sorted(seconds)
        end.set()
        while any(task['status'] == 'running' for task in node.tasks.values()):
            await asyncio.sleep(0)
        return [before, sorted(seconds)]
    assert asyncio.run(paused()) == [[1, 2, 4, 4], [1, 2, 4, 4, 4]]


def test_unknown_setting_is_refused(node):
    with pytest.raises(ApiError, match='unknown settings: speed'):
        node.control('PATCH', '/settings', {'speed': 1})


def test_connections_are_reset_by_turns_before_and_after_the_work(node):
    node.control('DELETE', '/requests')
    node.control('PATCH', '/settings', {'reset_every': 1})
    try:
        for name in ('first', 'second'):
            with pytest.raises(OSError):
                node.call('POST', '/pools', poolid=name)
    finally:
        node.control('PATCH', '/settings', {'reset_every': 0})
    pools = [pool['poolid'] for pool in node.call('GET', '/pools')]
    # Of two that are asked for, the one whose answer alone was lost is there.
    assert len(pools) == 1
    node.call('DELETE', f'/pools/{pools[0]}')


def test_a_new_secret_takes_the_old_ones_place(node):
    old = node.ready['apiToken'].partition('=')[2]
    node.control('PATCH', '/settings', {'secret': 'f' * 32})
    with pytest.raises(ApiError) as refused:
        node.call('GET', '/version')
    assert refused.value.status == 401
    assert Client({**node.ready, 'apiToken': f'deevnet@pve!pulumi={"f" * 32}'}).call('GET', '/version')
    node.control('PATCH', '/settings', {'secret': old})
    assert node.call('GET', '/version')


def test_a_node_of_another_site(node):
    node.control('PATCH', '/settings', {'address': '10.10.99.22'})
    bridge = node.call('GET', f'{NODE}/network/vmbr0')
    assert (bridge['cidr'], bridge['gateway']) == ('10.10.99.22/24', '10.10.99.1')
    node.control('PATCH', '/settings', {'address': '10.20.99.22'})


def test_requests_tell_of_a_start_what_firewall_it_found(node):
    vmid = node.clone()
    start = f'{NODE}/qemu/{vmid}/status/start'
    node.control('DELETE', '/requests')
    node.power(vmid, 'start')
    node.power(vmid, 'stop')
    node.call('PUT', f'{NODE}/qemu/{vmid}/firewall/options', enable=1, policy_in='DROP')
    node.call('POST', f'{NODE}/qemu/{vmid}/firewall/rules', type='in', action='ACCEPT', enable=1)
    node.power(vmid, 'start')
    told = [seen for seen in node.control('GET', '/requests') if 'firewall' in seen]
    assert [(seen['path'], seen['firewall']) for seen in told] == [
        (f'/api2/json{start}', None), (f'/api2/json{start}', {'options': {'enable': 1, 'policy_in': 'DROP'}, 'rules': 1})]


def test_answers_are_dated_by_the_nodes_own_clock(node):
    def apart() -> float:
        answer, _text = node.ask('GET', '/api2/json/version', None, node.headers)
        return (parsedate_to_datetime(answer.headers['Date']) - datetime.now(timezone.utc)).total_seconds()

    assert abs(apart()) < PATIENCE
    node.control('PATCH', '/settings', {'clock_ahead': 3600})
    assert abs(apart() - 3600) < PATIENCE
