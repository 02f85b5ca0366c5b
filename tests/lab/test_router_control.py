"""The router's control interface, its faults, and what it starts with."""

import http.client
import json
import time

import pytest
from machine import PATIENCE, ApiError, start
from router_client import SUBNET, Router

SEARCH = 'kea/dhcpv4/search_subnet'
RECONFIGURE = 'kea/service/reconfigure'


def fault(router, **keys):
    router.control('POST', '/faults', keys)


def test_requests_tell_what_was_asked_and_by_whom(router):
    router.control('DELETE', '/requests')
    router.rows(SEARCH)
    [seen] = router.control('GET', '/requests')
    assert (seen['method'], seen['path'], seen['status'], seen['user']) == ('POST', f'/api/{SEARCH}', 200, 'deevnet')
    assert json.loads(seen['body'])['rowCount'] == -1


def test_audit_tells_each_write_and_no_read(router):
    router.rows(SEARCH)
    uuid = router.add_subnet()
    router.post(f'kea/dhcpv4/set_subnet/{uuid}', {'subnet4': {'description': 'changed'}})
    router.post(f'kea/dhcpv4/set_subnet/{uuid}', {'subnet4': {'description': 'changed'}})
    audit = router.control('GET', '/audit')
    assert [(write['path'], write['section'], write['user']) for write in audit] == [
        ('/kea/dhcpv4/add_subnet', 'subnet4', 'deevnet'), (f'/kea/dhcpv4/set_subnet/{uuid}', 'subnet4', 'deevnet')]
    assert (audit[1]['before']['description'], audit[1]['after']['description']) == ('', 'changed')


def test_fault_answers_as_often_as_asked(router):
    fault(router, method='POST', path='/kea/dhcpv4/search_.*', status=503, message='busy', times=1)
    with pytest.raises(ApiError, match='503 busy'):
        router.rows(SEARCH)
    assert len(router.rows(SEARCH)) == 3


def test_fault_leaves_other_requests_alone(router):
    fault(router, method='POST', path='/kea/dhcpv4/add_subnet', result='failed',
          validations={'subnet4.subnet': 'no'})
    assert len(router.rows(SEARCH)) == 3
    assert router.post('kea/dhcpv4/add_subnet', {'subnet4': {'subnet': SUBNET}}) == {
        'result': 'failed', 'validations': {'subnet4.subnet': 'no'}}
    router.control('DELETE', '/faults')
    assert router.add_subnet()


def test_fault_without_an_answer(router):
    fault(router, method='POST', path=f'/{SEARCH}', timeout=True, times=1)
    with pytest.raises(TimeoutError):
        router.call('POST', SEARCH, {}, timeout=0.3)
    assert len(router.rows(SEARCH)) == 3


def test_fault_that_breaks_the_connection(router):
    fault(router, method='POST', path=f'/{SEARCH}', reset=True, times=1)
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        router.rows(SEARCH)


@pytest.mark.parametrize('done', [True, False])
def test_request_may_be_carried_out_before_it_fails(router, done):
    fault(router, method='POST', path='/kea/dhcpv4/add_subnet', status=502, message='gone', times=1, done=done)
    with pytest.raises(ApiError, match='502'):
        router.add_subnet()
    assert len(router.saved('subnet4')) == (4 if done else 3)


def test_answer_that_is_no_json(router):
    fault(router, method='POST', path=f'/{SEARCH}', answer='<html>', times=1)
    with pytest.raises(json.JSONDecodeError):
        router.rows(SEARCH)


def test_reconfigure_half_applied_says_ok_and_leaves_the_service_stopped(router):
    uuid = router.add_subnet()
    fault(router, method='POST', path=f'/{RECONFIGURE}', half=True, times=1)
    assert router.post(RECONFIGURE) == {'status': 'ok'}
    assert router.get('kea/service/status')['status'] == 'stopped'
    assert uuid not in router.control('GET', '/state')['active']['subnet4']
    router.post(RECONFIGURE)
    assert router.get('kea/service/status')['status'] == 'running'
    assert uuid in router.control('GET', '/state')['active']['subnet4']


def test_service_may_be_down_after_a_reconfigure_that_applied(router):
    uuid = router.add_subnet()
    fault(router, method='POST', path=f'/{RECONFIGURE}', down=True, times=1)
    assert router.post(RECONFIGURE) == {'status': 'ok'}
    assert router.get('kea/service/status')['status'] == 'stopped'
    assert router.get('unbound/service/status')['status'] == 'running'
    assert uuid in router.control('GET', '/state')['active']['subnet4']


def test_service_that_is_switched_off_is_disabled(router):
    router.post('kea/dhcpv4/set', {'dhcpv4': {'general': {'enabled': '0'}}})
    router.post(RECONFIGURE)
    assert router.get('kea/service/status')['status'] == 'disabled'
    router.post('kea/dhcpv4/set', {'dhcpv4': {'general': {'enabled': '1'}}})


@pytest.mark.parametrize('wrong, why', [
    ({'method': 'GET', 'path': '/x'}, 'exactly one of'), ({'path': '/x', 'status': 500}, "'method' is missing"),
    ({'method': 'GET', 'path': '/x', 'sttus': 500}, 'unknown keys: sttus'),
    ({'method': 'GET', 'path': '/x', 'status': 500, 'reset': True}, 'exactly one of')])
def test_fault_that_makes_no_sense_is_refused(router, wrong, why):
    with pytest.raises(ApiError) as refused:
        router.control('POST', '/faults', wrong)
    assert refused.value.status == 400 and why in refused.value.message


def test_state_is_equal_when_everything_made_is_gone_again(router):
    before = router.control('GET', '/state')
    uuid = router.add_subnet()
    assert router.control('GET', '/state') != before
    router.post(f'kea/dhcpv4/del_subnet/{uuid}')
    assert router.control('GET', '/state') == before


def test_state_differs_by_what_is_active(router):
    router.add_subnet()
    before = router.control('GET', '/state')
    router.post(RECONFIGURE)
    assert router.control('GET', '/state') != before


def test_state_of_two_fresh_routers_is_the_same():
    from simrouter.control import Control
    from simrouter.router import SimulatedRouter
    one, other = (Control(SimulatedRouter('127.0.0.1', 0), '/x') for _ in range(2))
    assert one.state() == other.state()


def test_a_person_assigns_and_takes_away_interfaces(router):
    router.control('PUT', '/interfaces/opt30', {'device': 'vlan0.50', 'addr4': '10.20.50.1/24', 'enabled': False})
    entry = next(one for one in router.get('interfaces/overview/export') if one['device'] == 'vlan0.50')
    assert (entry['identifier'], entry['enabled'], entry['addr4']) == ('opt30', False, '')
    router.control('DELETE', '/interfaces/opt30')


def test_starts_without_tenant_vlans_where_the_one_time_step_is_missing(run_dir):
    process = start('simrouter', run_dir, '--unassigned')
    bare = Router(json.loads(process.stdout.readline()))
    tags = [row['tag'] for row in bare.rows('interfaces/vlan_settings/searchItem')]
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert tags == ['10', '20', '25', '30', '31', '35', '40']


def test_the_labs_own_records_are_there_and_none_is_ours(router):
    texts = [record.get('description', record.get('descr')) for section in router.control('GET', '/state')
             ['saved'].values() for record in section.values()]
    assert any(text and text.startswith('ansible: anti-lockout') for text in texts)
    assert sum(bool(text and text.startswith('Ansible managed')) for text in texts) == 5
    assert not any(text and text.startswith('tenant-hypervisors') for text in texts)


def test_latency_is_in_real_seconds(router):
    router.control('PATCH', '/settings', {'latency': 0.2})
    asked = time.monotonic()
    router.get('kea/service/status')
    assert time.monotonic() - asked >= 0.2


def test_unknown_setting_is_refused(router):
    with pytest.raises(ApiError, match='unknown settings: speed'):
        router.control('PATCH', '/settings', {'speed': 1})
    with pytest.raises(ApiError, match='unknown privileges: Everything'):
        router.control('PATCH', '/settings', {'privileges': ['Everything']})


def test_a_new_secret_takes_the_old_ones_place(router):
    key, old = router.ready['apiKey'], router.ready['apiSecret']
    router.control('PATCH', '/settings', {'secret': 'f' * 40})
    with pytest.raises(ApiError) as refused:
        router.rows(SEARCH)
    assert refused.value.status == 401
    assert Router({**router.ready, 'apiKey': key, 'apiSecret': 'f' * 40}).rows(SEARCH) is not None
    router.control('PATCH', '/settings', {'secret': old})
    assert router.rows(SEARCH) is not None


def test_fault_of_a_request_with_a_text(router):
    fault(router, method='POST', path='/kea/dhcpv4/add_subnet', body='10[.]20[.]51', status=503, message='busy')
    assert router.add_subnet()
    with pytest.raises(ApiError, match='503 busy'):
        router.post('kea/dhcpv4/add_subnet', {'subnet4': {'subnet': '10.20.51.0/24'}})
