"""Other things on the real router and moves packets: interface groups, address translation, tables, and its own records.

Sources are those of opnsense/core 26.7.2, controllers (C) and models (M) below src/opnsense/mvc/app/.
"""

import json
import time

import pytest
from machine import PATIENCE, ApiError, start
from router_client import Router

RULE = {'action': 'pass', 'protocol': 'any', 'source_net': 'any', 'destination_net': 'any'}
FORWARD = {'interface': 'opt8', 'protocol': 'tcp', 'destination': {'network': 'opt8ip', 'port': '80'}, 'target': '10.20.99.95',
           'local-port': '8080', 'pass': 'pass', 'descr': 'by hand'}


@pytest.fixture
def own_router(run_dir):
    """A router of this test alone, which leaves on it what it likes."""
    process = start('simrouter', run_dir)
    router = Router(json.loads(process.stdout.readline()))
    router.headers = router.credentials(router.ready['rootKey'], router.ready['rootSecret'])
    yield router
    process.terminate()
    assert process.communicate(timeout=PATIENCE)[1] == ''


def group(router, **fields):
    return router.add('firewall/group/addItem', 'group', **{'ifname': 'walls', 'members': 'opt8,opt9', **fields})


def test_a_rule_on_an_interface_group_stands_above_those_of_its_interfaces(own_router):
    """M Firewall/FieldTypes/FilterRuleField::getPriority: floating, then groups by their sequence, then interfaces."""
    group(own_router, sequence='7')
    for name, interface in (('one', 'opt8'), ('group', 'walls'), ('floating', ''), ('two', 'opt8,opt9')):
        own_router.add('firewall/filter/addRule', 'rule', **RULE, interface=interface, description=name, sequence='5')
    rows = [row for row in own_router.rows('firewall/filter/searchRule') if row.get('sequence') == '5']
    assert {row['description']: row['prio_group'] for row in rows} == {
        'floating': '200000', 'two': '200000', 'group': '300007', 'one': '400000'}
    assert [row['description'] for row in rows][2:] == ['group', 'one']


def test_a_rule_of_no_interface_that_there_is_is_never_applied(own_router):
    """M FilterRuleField::getPriority, 600000; the interface went after the rule was made."""
    own_router.add('firewall/filter/addRule', 'rule', **RULE, interface='opt17', description='gone')
    own_router.control('DELETE', '/interfaces/opt17')
    row = next(row for row in own_router.rows('firewall/filter/searchRule') if row.get('description') == 'gone')
    assert row['prio_group'] == '600000'


def test_a_group_in_use_is_not_deleted_and_rules_follow_its_new_name(own_router):
    """C Firewall/Api/GroupController; M Firewall/Group::refactor."""
    uuid = group(own_router)
    rule = own_router.add('firewall/filter/addRule', 'rule', **RULE, interface='walls', description='mine')
    with pytest.raises(ApiError, match=rf'500 Cannot delete group. Currently in use by \n\[.*rules.rule.{rule}\] mine'):
        own_router.post(f'firewall/group/delItem/{uuid}')
    own_router.post(f'firewall/group/setItem/{uuid}', {'group': {'ifname': 'doors'}})
    assert own_router.saved('rule')[rule]['interface'] == 'doors'
    own_router.post(f'firewall/filter/delRule/{rule}')
    assert own_router.post(f'firewall/group/delItem/{uuid}') == {'result': 'deleted'}


@pytest.mark.parametrize(('name', 'message'), [
    ('with-dash', 'Only letters, digits and underscores are allowed as the group name.'),
    ('a' * 16, 'The group name shall not be longer than 15 characters.'),
    ('walls1', 'The group name shall not start or end with a digit.')])
def test_names_of_groups_that_are_refused(own_router, name, message):
    """M Firewall/FieldTypes/GroupNameField; one without a fault is taken."""
    sent = {'group': {'ifname': name, 'members': 'opt8'}}
    assert own_router.post('firewall/group/addItem', sent)['validations'] == {'group.ifname': message}
    assert group(own_router)


def test_port_forwards_and_translations_are_held_and_active_once_applied(own_router):
    """M Firewall/DNat.xml, Filter.xml (snatrules, onetoone)."""
    made = {'dnat': own_router.add('firewall/d_nat/addRule', 'rule', **FORWARD),
            'source_nat': own_router.add('firewall/source_nat/addRule', 'rule', interface='wan', target='wanip'),
            'one_to_one': own_router.add('firewall/one_to_one/addRule', 'rule', source_net='10.20.50.10', external='192.0.2.9')}
    rows = own_router.rows('firewall/d_nat/searchRule')
    assert [(row['destination.network'], row['target'], row['pass']) for row in rows] == [('opt8ip', '10.20.99.95', 'pass')]
    active = own_router.control('GET', '/state')['active']
    assert all(uuid not in active.get(section, {}) for section, uuid in made.items())
    assert own_router.post('firewall/d_nat/apply') == {'status': 'OK\n\n'}
    active = own_router.control('GET', '/state')['active']
    assert all(uuid in active[section] for section, uuid in made.items())


def test_an_alias_in_use_by_a_forward_is_not_deleted(own_router):
    """M Firewall/Alias::getAliasSource."""
    alias = own_router.add('firewall/alias/addItem', 'alias', name='inside', type='host', content='10.20.99.95')
    forward = own_router.add('firewall/d_nat/addRule', 'rule', **{**FORWARD, 'target': 'inside'})
    with pytest.raises(ApiError, match=r'in use by \n\[nat.rule.0/target\] by hand'):
        own_router.post(f'firewall/alias/delItem/{alias}')
    own_router.post(f'firewall/d_nat/delRule/{forward}')
    assert own_router.post(f'firewall/alias/delItem/{alias}') == {'result': 'deleted'}


def test_what_uses_an_alias_follows_its_new_name(own_router):
    """C Firewall/Api/AliasController::setItemAction."""
    alias = own_router.add('firewall/alias/addItem', 'alias', name='inside', type='network', content='10.20.99.0/24')
    outer = own_router.add('firewall/alias/addItem', 'alias', name='outside', type='network', content='inside\n10.0.0.0/8')
    rule = own_router.add('firewall/filter/addRule', 'rule', **{**RULE, 'destination_net': 'inside'}, interface='opt8')
    own_router.post(f'firewall/alias/setItem/{alias}', {'alias': {'name': 'within'}})
    assert own_router.saved('rule')[rule]['destination_net'] == 'within'
    assert own_router.saved('alias')[outer]['content'] == 'within\n10.0.0.0/8'


def test_rules_are_reloaded_before_tables_are_filled(own_router):
    """C Firewall/Api/AliasController::reconfigureAction; the time between is a setting, and none as it comes."""
    own_router.control('PATCH', '/settings', {'table_seconds': 0.5})
    alias = own_router.add('firewall/alias/addItem', 'alias', name='inside', type='network', content='10.20.99.0/24')
    rule = own_router.add('firewall/filter/addRule', 'rule', **{**RULE, 'destination_net': 'inside'}, interface='opt8')
    own_router.post('firewall/alias/reconfigure')
    active = own_router.control('GET', '/state')['active']
    assert rule in active['rule'] and alias not in active['alias']
    deadline = time.monotonic() + PATIENCE
    while alias not in own_router.control('GET', '/state')['active']['alias']:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    own_router.control('PATCH', '/settings', {'table_seconds': 0})
    own_router.post(f'firewall/alias/setItem/{alias}', {'alias': {'content': '10.0.0.0/8'}})
    own_router.post('firewall/alias/reconfigure')
    assert own_router.control('GET', '/state')['active']['alias'][alias]['content'] == '10.0.0.0/8'


def test_kea_without_an_interface_runs_on_with_what_it_had(own_router):
    """M Kea/KeaDhcpv4::isEnabled, src/etc/inc/plugins.inc.d/kea.inc:177; switched off, it stops."""
    own_router.post('kea/dhcpv4/set', {'dhcpv4': {'general': {'interfaces': ''}}})
    own_router.post('kea/service/reconfigure')
    state = own_router.control('GET', '/state')
    assert state['running']['kea'] and 'opt1' in state['active']['kea_general']['general']['interfaces']
    own_router.post('kea/dhcpv4/set', {'dhcpv4': {'general': {'enabled': '0'}}})
    own_router.post('kea/service/reconfigure')
    assert not own_router.control('GET', '/state')['running']['kea']


def test_a_hundred_revisions_are_kept(own_router):
    """src/opnsense/mvc/app/library/OPNsense/Core/Config::backupCount."""
    uuid = own_router.add_subnet()
    for number in range(101):
        own_router.post(f'kea/dhcpv4/set_subnet/{uuid}', {'subnet4': {'description': f'number {number}'}})
    items = own_router.get('core/backup/backups/this')['items']
    assert len(items) == 100
    assert all('set_subnet' in item['description'] for item in items)


def test_a_device_is_assigned_without_address_and_not_enabled(own_router):
    """M Interfaces/NetworkInterface::serializeToConfig; a device can be of one interface alone."""
    own_router.add('interfaces/vlan_settings/addItem', 'vlan', **{'if': 're0', 'tag': '60', 'vlanif': 'vlan0.60'})
    own_router.post('interfaces/vlan_settings/reconfigure')
    sent = {'interface': {'if': 'vlan0.60', 'descr': 'TENANT60', 'lock': '0'}}
    assert own_router.post('interfaces/assignment/addItem', sent) == {'result': 'saved', 'uuid': 'opt18'}
    assert own_router.post('interfaces/assignment/addItem', sent)['validations'] == {
        'interface.if': 'Can not assign a device to more interfaces.'}
    entry = next(one for one in own_router.get('interfaces/overview/export') if one['device'] == 'vlan0.60')
    assert (entry['identifier'], entry['enabled'], entry['addr4']) == ('opt18', False, '')


def test_an_interface_goes_at_the_reconfigure_with_its_rules_and_a_locked_one_stays(own_router):
    """C Interfaces/Api/AssignmentController::delItemAction, reconfigureAction and cleanRules."""
    rule = own_router.add('firewall/filter/addRule', 'rule', **RULE, interface='opt17')
    both = own_router.add('firewall/filter/addRule', 'rule', **RULE, interface='opt8,opt17')
    own_router.post('interfaces/assignment/setItem/opt16', {'interface': {'lock': '1'}})
    with pytest.raises(ApiError, match='500 Interface locked, unset lock first before removal'):
        own_router.post('interfaces/assignment/delItem/opt16')
    assert own_router.post('interfaces/assignment/delItem/opt17') == {'result': 'deleted'}
    assert 'opt17' in own_router.control('GET', '/state')['interfaces'] and rule in own_router.saved('rule')
    assert own_router.post('interfaces/assignment/reconfigure') == {'status': 'ok'}
    assert 'opt17' not in own_router.control('GET', '/state')['interfaces']
    assert rule not in own_router.saved('rule') and own_router.saved('rule')[both]['interface'] == 'opt8'


def test_aliases_of_a_host_are_made_and_deleted_through_the_host(own_router):
    """M Unbound/FieldTypes/AliasReflector, a field that is kept nowhere."""
    host = own_router.add('unbound/settings/addHostOverride', 'host', hostname='api', domain='a.dvntm.net', server='10.20.50.10',
                          aliases='mqtt,web.other.net')
    rows = {row['uuid']: row for row in own_router.rows('unbound/settings/searchHostOverride')}
    assert rows[host]['aliases'] == 'mqtt.a.dvntm.net,web.other.net'
    assert [child['hostname'] for child in rows[host]['_children']] == ['mqtt', 'web']
    own_router.post(f'unbound/settings/setHostOverride/{host}', {'host': {'aliases': 'web.other.net'}})
    assert [one['hostname'] for one in own_router.saved('host_alias').values() if one['host'] == host] == ['web']
    refused = own_router.post(f'unbound/settings/setHostOverride/{host}', {'host': {'aliases': 'no name'}})
    assert refused['validations'] == {'host.aliases': '[no name] is not a valid host/domain name.'}


def test_the_routers_own_name_has_an_address_for_each_interface(own_router):
    """src/etc/inc/plugins.inc.d/unbound.inc:523; an interface without an address has none."""
    names = own_router.control('GET', '/names')
    assert {one['name'] for one in names} == {'core-rt02.dvntm.deevnet.net'}
    assert {'10.20.99.1', '192.0.2.2', '10.20.50.1'} <= {one['address'] for one in names}
    assert [one['address'] for one in names if one['reverse']] == ['10.20.99.1']
    own_router.control('DELETE', '/interfaces/opt8')
    assert '10.20.50.1' not in {one['address'] for one in own_router.control('GET', '/names')}


def test_an_alias_that_is_disabled_has_no_table(router):
    uuid = router.add('firewall/alias/addItem', 'alias', name='nets', type='network', content='10.20.0.0/16')
    router.post('firewall/alias/reconfigure')
    assert uuid in router.control('GET', '/state')['active']['alias']
    router.post(f'firewall/alias/setItem/{uuid}', {'alias': {'enabled': '0'}})
    router.post('firewall/alias/reconfigure')
    assert uuid not in router.control('GET', '/state')['active']['alias']
    assert router.saved('alias')[uuid]['content'] == '10.20.0.0/16'


def test_settings_of_unbound_are_all_of_its_records_by_uuid_to_a_get_alone(own_router):
    """ApiMutableModelControllerBase::getAction of Unbound SettingsController: BaseField::getNodes, in which a kind without
    records is an empty list and an alias's host is a map of all hosts with the one that is selected."""
    own_router.post('unbound/settings/delHostAlias/' + next(iter(own_router.saved('host_alias'))))
    assert own_router.get('unbound/settings/get')['unbound']['aliases'] == {'alias': []}
    host = own_router.add('unbound/settings/addHostOverride', 'host', hostname='api-vm01', domain='g.dvntm.deevnet.net',
                      server='10.20.50.10')
    alias = own_router.add('unbound/settings/addHostAlias', 'alias', host=host, hostname='api', domain='g.dvntm.deevnet.net')
    unbound = own_router.get('unbound/settings/get')['unbound']
    assert set(unbound['hosts']['host']) == set(own_router.saved('host'))
    assert unbound['hosts']['host'][host] == own_router.get(f'unbound/settings/getHostOverride/{host}')['host']
    assert [key for key, one in unbound['aliases']['alias'][alias]['host'].items() if one['selected'] == 1] == [host]
    assert own_router.post('unbound/settings/get') == []


def test_the_configuration_of_a_revision_is_a_file(own_router):
    """Core BackupController::downloadAction: an attachment, and nothing of a host or revision that is not there."""
    own_router.add('unbound/settings/addHostOverride', 'host', hostname='api-vm01', domain='g.dvntm.deevnet.net',
                   server='10.20.50.10')
    newest = own_router.get('core/backup/backups/this')['items'][0]['id']
    answer, text = own_router.ask('GET', f'/api/core/backup/download/this/{newest}', None, own_router.headers)
    assert answer.headers.get_content_type() == 'application/octet-stream'
    assert answer.headers['Content-Disposition'] == f'attachment; filename=config-core-rt02.dvntm.deevnet.net-{newest[7:]}'
    assert text.startswith('<?xml') and 'api-vm01' in text
    for path in ('that', 'this/config-0.xml'):
        assert own_router.ask('GET', f'/api/core/backup/download/{path}', None, own_router.headers)[1] == ''
    assert own_router.get('core/backup/backups/that') == {'items': []}


def test_outbound_nat_is_listed_by_what_counts_in_its_mode(own_router):
    """C Firewall/Api/SourceNatController::searchRuleAction of 26.7: in `automatic` generated rules alone."""
    made = own_router.add('firewall/source_nat/addRule', 'rule', interface='wan', target='wanip')
    generated = ['automatic_isakmp_wan', 'automatic_wan']

    def listed(mode: str) -> list[str]:
        sent = {'filter': {'general': {'snat_mode': mode}}}
        assert own_router.post('firewall/source_nat/set', sent) == {'result': 'saved'}
        modes = own_router.get('firewall/source_nat/get')['filter']['general']['snat_mode']
        assert [name for name, one in modes.items() if one['selected']] == [mode]
        return [row['uuid'] for row in own_router.rows('firewall/source_nat/searchRule')]
    assert {mode: listed(mode) for mode in ('automatic', 'hybrid', 'advanced', 'disabled')} == {
        'automatic': generated, 'hybrid': [made, *generated], 'advanced': [made], 'disabled': []}
    wrong = own_router.post('firewall/source_nat/set', {'filter': {'general': {'snat_mode': 'all'}}})
    assert wrong['validations'] == {'filter.general.snat_mode': 'Option not in list.'}
    own_router.post('firewall/source_nat/set', {'filter': {'general': {'snat_mode': 'hybrid'}}})
    rows = own_router.rows('firewall/source_nat/searchRule')
    assert [row.get('is_automatic', False) for row in rows] == [False, True, True]
    assert 'opt8' in rows[1]['source_net'].split(',')
    own_router.post(f'firewall/source_nat/delRule/{made}')
