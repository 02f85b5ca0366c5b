"""A boot of the router, and the connections that are open on it (opnsense/core 26.7.2)."""

import pytest
from machine import ApiError

QUERY = 'diagnostics/firewall/query_states'
ALIAS = 'held_networks'


def state(number, source='10.20.50.10', target='10.20.51.10', **more):
    return {'iface': 'vlan0.50', 'proto': 'tcp', 'src_addr': source, 'src_port': '40000', 'dst_addr': target, 'dst_port': '443',
            'direction': 'in', 'id': f'{number}/1b2c3d', **more}


def ids(router, phrase='', **asked):
    return [row['id'] for row in router.rows(QUERY, searchPhrase=phrase, **asked)]


def test_boot_ends_connections_and_has_rules_hold_before_tables_are_filled(router):
    router.add('firewall/alias/addItem', 'alias', name=ALIAS, type='network', content='10.0.0.0/8')
    uuid = router.add('firewall/filter/addRule', 'rule', interface='opt8', destination_net=ALIAS, description='x')
    router.control('PUT', '/states', [state('a1')])
    router.control('PATCH', '/settings', {'table_seconds': 3600})
    router.control('POST', '/reboot')
    active = router.control('GET', '/state')['active']
    assert (uuid in active['rule'], active['alias'], ids(router)) == (True, {}, [])
    router.control('PATCH', '/settings', {'table_seconds': 0})
    router.control('POST', '/reboot')
    assert ALIAS in [alias['name'] for alias in router.control('GET', '/state')['active']['alias'].values()]


def test_connections_are_found_by_networks_and_words_of_which_all_must_match(router):
    router.control('PUT', '/states', [state('a1'), state('a2', target='1.1.1.1'), state('a3', '10.20.99.22', '10.20.50.10')])
    assert ids(router, '10.20.50.0/24') == ['a1/1b2c3d', 'a2/1b2c3d', 'a3/1b2c3d']
    assert ids(router, '10.20.51.0/24') == ['a1/1b2c3d']
    assert ids(router, '10.20.50.0/24 1.1.1.1') == ['a2/1b2c3d']
    assert ids(router, '10.20.50.10 ESTABLISHED') == ['a1/1b2c3d', 'a2/1b2c3d', 'a3/1b2c3d']
    assert ids(router, '', rowCount=1, current=2) == ['a2/1b2c3d']
    assert router.rows(QUERY, searchPhrase='a1/')[0]['interface'] == 'TENANT50'


def test_connection_is_ended_by_its_number_and_by_nothing_else(router):
    router.control('PUT', '/states', [state('a1'), state('a2')])
    router.post('firewall/filter/apply')
    assert router.post('diagnostics/firewall/del_state/a1/1b2c3d') == {'result': 'killed 1 states'}
    assert router.post('diagnostics/firewall/del_state/a1/1b2c3d') == {'result': 'killed 0 states'}
    assert router.call('GET', 'diagnostics/firewall/del_state/a2/1b2c3d') == {'result': ''}
    assert ids(router) == ['a2/1b2c3d']
    with pytest.raises(ApiError, match='404'):
        router.post('diagnostics/firewall/del_state/a2')


def test_connections_need_a_privilege_of_their_own(router):
    router.control('PATCH', '/settings', {'privileges': ['Firewall: Rules [new]']})
    with pytest.raises(ApiError, match='403'):
        router.rows(QUERY)
    router.control('PATCH', '/settings', {'privileges': ['Diagnostics: Show States']})
    router.control('PUT', '/states', [state('a1')])
    assert ids(router) == ['a1/1b2c3d']


def test_connection_that_lacks_a_field_is_refused(router):
    with pytest.raises(ApiError, match='a state lacks iface'):
        router.control('PUT', '/states', [{'proto': 'tcp'}])
