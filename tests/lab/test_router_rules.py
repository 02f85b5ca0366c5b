"""Firewall rules and aliases of an OPNsense 26.7 router, each with its source in opnsense/core.

Controllers and models are below src/opnsense/mvc/app/.
"""

import pytest
from machine import ApiError


@pytest.mark.parametrize('field, value, message', [
    ('destination_net', '!10.0.0.0/8', '!10.0.0.0/8 is not a valid source IP address or alias.'),
    ('destination_net', '', 'A value is required.'), ('source_net', '', 'A value is required.'),
    ('protocol', '', 'A value is required.'), ('interface', 'opt99', 'Option [opt99] not in list.'),
    ('destination_net', 'opt99ip', 'opt99ip is not a valid source IP address or alias.'),
    ('destination_port', '53,67', 'Please specify a valid portnumber, name, alias or range.'),
    ('sequence', '1000000', 'Sequence shall be between 1 and 999999.')])
def test_rules_that_are_refused(router, field, value, message):
    """NetworkAliasField, ProtocolField, InterfaceField, PortField, and Filter.xml."""
    good = {'interface': 'opt8', 'protocol': 'TCP', 'destination_net': '10.0.0.0/8', 'destination_not': '1',
            'destination_port': '53'}
    refused = router.post('firewall/filter/addRule', {'rule': {**good, field: value}})
    assert (refused['result'], refused['validations'][f'rule.{field}']) == ('failed', message)
    assert router.add('firewall/filter/addRule', 'rule', **good)


def test_ports_go_with_tcp_and_udp_alone(router):
    """Firewall/Filter::performValidation."""
    sent = {'rule': {'interface': 'opt8', 'protocol': 'ICMP', 'destination_port': '53'}}
    assert router.post('firewall/filter/addRule', sent)['validations'] == {
        'rule.destination_port': 'Destination ports are only valid for tcp or udp type rules.'}


def test_the_routers_own_address_is_the_identifier_with_ip(router):
    """NetworkAliasField::actionPostLoadingEvent."""
    assert router.add('firewall/filter/addRule', 'rule', interface='opt8', destination_net='opt8ip')


def test_a_search_lists_rules_that_opnsense_makes_itself(router):
    """FilterController::searchRuleAction merges non_mvc_rules, keyed by a hash."""
    automatic = [row for row in router.rows('firewall/filter/searchRule') if row.get('is_automatic')]
    assert automatic and all('-' not in row['uuid'] for row in automatic)


def test_an_alias_in_use_is_not_deleted(router):
    """AliasController::delItemAction."""
    alias = router.add('firewall/alias/addItem', 'alias', name='private_50', type='network', content='10.0.0.0/8')
    rule = router.add('firewall/filter/addRule', 'rule', interface='opt8', destination_net='private_50')
    with pytest.raises(ApiError, match='Cannot delete alias private_50. Currently in use by'):
        router.post(f'firewall/alias/delItem/{alias}')
    router.post(f'firewall/filter/delRule/{rule}')
    assert router.post(f'firewall/alias/delItem/{alias}') == {'result': 'deleted'}


@pytest.mark.parametrize('name, taken', [('a' * 31, True), ('a' * 32, False), ('a-b', False), ('in', False)])
def test_names_of_aliases(router, name, taken):
    """AliasNameField: at most 31 characters, for all that its message says less than 32."""
    sent = {'alias': {'name': name, 'type': 'network', 'content': '10.0.0.0/8'}}
    assert (router.post('firewall/alias/addItem', sent)['result'] == 'saved') == taken


@pytest.mark.parametrize('action', ['savepoint', 'apply/1', 'revert/1', 'cancelRollback/1'])
def test_there_are_no_savepoints(router, action):
    """Removed in 26.7 (opnsense/core#10411); apply takes no revision and ignores it."""
    if action.startswith('apply'):
        assert router.post(f'firewall/filter/{action}')['status'] == 'OK\n\n'
    else:
        with pytest.raises(ApiError, match='404'):
            router.post(f'firewall/filter/{action}')


def test_apply_skips_aliases_and_passes_on_what_the_backend_printed(router):
    """FilterBaseController::applyAction (`filter reload skip_alias`); AliasController::reconfigureAction does both."""
    alias = router.add('firewall/alias/addItem', 'alias', name='private_50', type='network', content='10.0.0.0/8')
    assert router.post('firewall/filter/apply') == {'status': 'OK\n\n'}
    assert alias not in router.control('GET', '/state')['active']['alias']
    assert router.post('firewall/alias/reconfigure') == {'status': 'ok'}
    assert alias in router.control('GET', '/state')['active']['alias']
