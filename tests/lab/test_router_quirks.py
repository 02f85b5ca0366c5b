"""What an OPNsense 26.7 router does that a client must know, each with its source in opnsense/core.

Controllers and models are below src/opnsense/mvc/app/.
"""

import json

import pytest
from machine import ApiError
from router_client import POOL, SUBNET

SEGMENT = 'interfaces/vlan_settings'


def test_refused_write_is_200_with_result_failed_and_validations(router):
    """ApiMutableModelControllerBase::validate: messages stand under the request's own key."""
    wrong = {'subnet4': {'subnet': '10.20.50.0', 'pools': 'ten to twenty'}}
    assert router.post('kea/dhcpv4/add_subnet', wrong) == {'result': 'failed', 'validations': {
        'subnet4.subnet': 'Please specify a valid network segment or IP address.',
        'subnet4.pools': 'Entry "ten to twenty" is not a valid range or subnet.'}}
    assert router.add_subnet() in router.saved('subnet4')


def test_write_without_its_key_or_by_get_fails_without_validations(router):
    """ApiMutableModelControllerBase::addBase starts from failed."""
    assert router.post('kea/dhcpv4/add_subnet', {'subnet': {'subnet': SUBNET}}) == {'result': 'failed'}
    assert router.get('kea/dhcpv4/add_subnet') == {'result': 'failed'}


def test_interfaces_are_a_json_list_served_as_html(router):
    """Interfaces OverviewController::exportAction writes its list before its headers are sent, and PHP keeps no output back
    (service/templates/OPNsense/WebGui/php.ini:2), so that Mvc/Headers::send comes too late."""
    answer, text = router.ask('GET', '/api/interfaces/overview/export', None, router.headers)
    assert answer.headers['Content-Type'] == 'text/html; charset=UTF-8'
    assert answer.headers['Content-Disposition'] is None
    tenant = next(entry for entry in json.loads(text) if entry['device'] == 'vlan0.50')
    assert (tenant['identifier'], tenant['addr4'], tenant['enabled']) == ('opt8', '10.20.50.1/24', True)


def test_an_unassigned_device_has_no_enabled_and_no_address(router):
    """OverviewController::parseIfInfo stops early for a device without an interface: its tag is below vlan alone."""
    router.add(f'{SEGMENT}/addItem', 'vlan', **{'if': 're0', 'tag': 60, 'descr': 'extra', 'vlanif': 'vlan0.60'})
    assert [entry for entry in router.get('interfaces/overview/export') if entry['device'] == 'vlan0.60'] == []
    assert router.post(f'{SEGMENT}/reconfigure') == {'status': 'ok'}
    entry = next(entry for entry in router.get('interfaces/overview/export') if entry['device'] == 'vlan0.60')
    assert entry['identifier'] == '' and not {'enabled', 'addr4', 'vlan_tag'} & {*entry}
    assert entry['vlan'] == {'tag': '60', 'proto': '802.1q', 'pcp': '0', 'parent': 're0'}


def test_a_device_without_a_name_is_numbered_with_a_zero_before_the_number(router):
    """VlanSettingsController::generateVlanIfName; vlan0.50 and the like are not counted."""
    uuid = router.add(f'{SEGMENT}/addItem', 'vlan', **{'if': 're0', 'tag': 60})
    assert router.get(f'{SEGMENT}/getItem/{uuid}')['vlan']['vlanif'] == 'vlan01'


def test_a_search_puts_the_interface_behind_the_device(router):
    """VlanSettingsController::searchItemAction; getItem has the device alone."""
    row = next(row for row in router.rows(f'{SEGMENT}/searchItem') if row['tag'] == '50')
    assert row['vlanif'] == 'vlan0.50 [TENANT50]'
    assert router.get(f'{SEGMENT}/getItem/{row["uuid"]}')['vlan']['vlanif'] == 'vlan0.50'


def test_tag_is_unique_on_its_parent(router):
    """Interfaces/Vlan.xml, UniqueConstraint over tag and if, to which both refer: a list of one message."""
    sent = {'vlan': {'if': 're0', 'tag': '50', 'vlanif': 'vlan0.5.0'}}
    assert router.post(f'{SEGMENT}/addItem', sent)['validations'] == {
        'vlan.tag': ['Tag for this device must be unique.']}
    assert router.add(f'{SEGMENT}/addItem', 'vlan', **{**sent['vlan'], 'if': 're1'})


def test_a_device_of_an_interface_is_not_deleted(router):
    """VlanSettingsController::delItemAction, as a UserException: 500 with errorMessage."""
    row = next(row for row in router.rows(f'{SEGMENT}/searchItem') if row['tag'] == '50')
    with pytest.raises(ApiError, match='500 This VLAN cannot be deleted because it is assigned as an interface'):
        router.post(f'{SEGMENT}/delItem/{row["uuid"]}')


def test_options_are_maps_of_what_is_selected_in_a_get_and_values_in_a_search(router):
    """BaseListField::getNodeData and UIModelGrid::fetch; what people see stands beside it as %field."""
    uuid = router.add('firewall/filter/addRule', 'rule', interface='opt8', protocol='tcp', destination_port='443')
    rule = router.get(f'firewall/filter/getRule/{uuid}')['rule']
    assert rule['protocol']['TCP'] == {'value': 'TCP', 'selected': 1}
    assert rule['protocol']['any']['selected'] == 0
    row = next(row for row in router.rows('firewall/filter/searchRule') if row['uuid'] == uuid)
    assert (row['protocol'], row['interface'], row['%interface']) == ('TCP', 'opt8', 'TENANT50')


def test_macs_come_back_in_the_case_of_whoever_wrote_them(router):
    """MacAddressField only trims; the lab's own role writes upper case."""
    router.add_reservation(router.add_subnet())
    macs = {row['hw_address'] for row in router.rows('kea/dhcpv4/search_reservation')}
    assert macs == {'DC:A6:32:00:00:11', '02:de:20:50:00:01'}


def test_mac_is_unique_in_its_subnet_whatever_its_case(router):
    """KeaDhcpv4.xml, hw_address: UniqueConstraint with caseInsensitive over subnet, to which both refer."""
    subnet = router.add_subnet()
    router.add_reservation(subnet)
    sent = {'subnet': subnet, 'hw_address': '02:DE:20:50:00:01', 'ip_address': '10.20.50.11'}
    assert router.post('kea/dhcpv4/add_reservation', {'reservation': sent})['validations'] == {
        'reservation.hw_address': ['Duplicate entry exists.']}
    assert router.add_reservation(subnet, ip_address='10.20.50.11', hw_address='02:DE:20:50:00:02')


def test_reservation_lies_in_its_subnet(router):
    """KeaDhcpv4::performValidation."""
    sent = {'subnet': router.add_subnet(), 'hw_address': '02:de:20:50:00:01', 'ip_address': '10.20.51.10'}
    assert router.post('kea/dhcpv4/add_reservation', {'reservation': sent})['validations'] == {
        'reservation.ip_address': 'Address not in specified subnet'}


def test_subnet_is_unique(router):
    """KeaDhcpv4.xml, subnet: UniqueConstraint."""
    router.add_subnet()
    assert router.post('kea/dhcpv4/add_subnet', {'subnet4': {'subnet': SUBNET}})['validations'] == {
        'subnet4.subnet': 'Subnet must be unique.'}


def test_autocollect_replaces_options_when_keas_own_settings_are_written(router):
    """KeaDhcpv4::setNodes puts the router's own address into every subnet with autocollect on; only setAction goes through it,
    and addBase and setBase do not."""
    chosen = {'option_data': {'domain_name_servers': '10.20.25.53'}}
    collected = router.add_subnet(**chosen)
    router.add_subnet(subnet='10.20.51.0/24', pools='')
    kept = router.add_subnet(subnet='10.20.52.0/24', pools='', option_data_autocollect='0', **chosen)
    servers = 'option_data.domain_name_servers'
    assert [router.saved('subnet4')[one][servers] for one in (collected, kept)] == ['10.20.25.53', '10.20.25.53']
    router.post('kea/dhcpv4/set', {'dhcpv4': {'general': {'enabled': '1'}}})
    assert [router.saved('subnet4')[one][servers] for one in (collected, kept)] == ['10.20.50.1', '10.20.25.53']


def test_lists_in_a_get_are_maps_and_rows_of_a_search_are_flat(router):
    """BaseSetField::getNodeData, UIModelGrid::fetch (getFlatNodes)."""
    servers = '10.20.50.1,10.20.25.53'
    uuid = router.add_subnet(option_data_autocollect='0', option_data={'domain_name_servers': servers})
    options = router.get(f'kea/dhcpv4/get_subnet/{uuid}')['subnet4']['option_data']
    assert list(options['domain_name_servers']) == servers.split(',')
    row = next(row for row in router.rows('kea/dhcpv4/search_subnet') if row['uuid'] == uuid)
    assert row['option_data.domain_name_servers'] == servers and row['match-client-id'] == '1'


def test_a_subnet_in_use_is_not_deleted(router):
    """ApiMutableModelControllerBase::checkAndThrowSafeDelete, switched on in Dhcpv4Controller."""
    subnet = router.add_subnet()
    reservation = router.add_reservation(subnet, description='mine')
    with pytest.raises(ApiError, match='500 dhcp4 - mine'):
        router.post(f'kea/dhcpv4/del_subnet/{subnet}')
    assert router.post(f'kea/dhcpv4/del_reservation/{reservation}') == {'result': 'deleted'}
    assert router.post(f'kea/dhcpv4/del_subnet/{subnet}') == {'result': 'deleted'}


def test_what_is_not_there_is_an_empty_list_to_get_not_found_to_delete_and_made_by_set(router):
    """ApiMutableModelControllerBase::getBase, delBase, and setBase, which is an upsert."""
    uuid = '00000000-0000-4000-8000-000000000001'
    assert router.get(f'kea/dhcpv4/get_subnet/{uuid}') == []
    assert router.post(f'kea/dhcpv4/del_subnet/{uuid}') == {'result': 'not found'}
    assert router.post(f'kea/dhcpv4/set_subnet/{uuid}', {'subnet4': {'subnet': SUBNET}}) == {'result': 'saved'}
    assert router.saved('subnet4')[uuid]['subnet'] == SUBNET
    assert router.post('kea/dhcpv4/set_subnet/none', {'subnet4': {'subnet': SUBNET}}) == {'result': 'failed'}


def test_aliases_of_a_host_go_with_it_whoever_made_them(router):
    """Unbound SettingsController::delHostOverrideAction."""
    host = router.add('unbound/settings/addHostOverride', 'host', hostname='api-vm01', domain='g.dvntm.deevnet.net',
                      server='10.20.50.10')
    alias = router.add('unbound/settings/addHostAlias', 'alias', host=host, hostname='api',
                       domain='g.dvntm.deevnet.net')
    row = next(row for row in router.rows('unbound/settings/searchHostOverride') if row['uuid'] == host)
    assert [child['uuid'] for child in row['_children']] == [alias]
    router.post(f'unbound/settings/delHostOverride/{host}')
    assert alias not in router.saved('host_alias')


def test_forwards_are_kept_apart_from_servers_over_tls(router):
    """Unbound SettingsController::searchForwardAction filters by type, and addForwardAction and setForwardAction set it; the
    same actions with Dot in place of Forward are for the other type (__call)."""
    path, sent = 'unbound/settings', {'domain': 'g.dvntm.deevnet.net', 'server': '10.20.25.53'}
    forward = router.add(f'{path}/addForward', 'dot', type='dot', **sent)
    over_tls = router.add(f'{path}/addDot', 'dot', server='192.0.2.53', port='853')
    assert [row['uuid'] for row in router.rows(f'{path}/searchForward')] == [forward]
    assert [row['uuid'] for row in router.rows(f'{path}/searchDot')] == [over_tls]
    assert router.post(f'{path}/setForward/{forward}', {'dot': {'server': '10.20.25.54', 'type': 'dot'}}) == {'result': 'saved'}
    row = router.rows(f'{path}/searchForward')[0]
    assert (row['type'], row['server'], row['enabled'], row['forward_first']) == ('forward', '10.20.25.54', '1', '0')
    refused = router.post(f'{path}/addForward', {'dot': {'domain': 'g.dvntm.deevnet.net', 'server': ''}})
    assert refused == {'result': 'failed', 'validations': {'dot.server': 'A value is required.'}}
    router.post('unbound/service/reconfigure')
    assert router.control('GET', '/state')['active']['dot'][forward]['server'] == '10.20.25.54'
    for uuid in (forward, over_tls):
        assert router.post(f'{path}/delForward/{uuid}') == {'result': 'deleted'}


def test_an_interface_is_reloaded_by_post_alone(router):
    """Interfaces OverviewController::reloadInterfaceAction."""
    assert router.post('interfaces/overview/reloadInterface/opt8') == {'message': 'OK'}
    assert router.get('interfaces/overview/reloadInterface/opt8') == {'message': 'failed'}


def test_two_hosts_may_have_one_name(router):
    """Unbound.xml has no constraint on hostname and domain."""
    sent = {'hostname': 'hv02', 'domain': 'dvntm.deevnet.net', 'server': '10.20.99.23'}
    assert router.add('unbound/settings/addHostOverride', 'host', **sent)


def test_a_write_is_not_active_until_its_service_is_reconfigured(router):
    """ApiMutableModelControllerBase::save writes config.xml; the daemon reads what a reconfigure renders."""
    subnet = router.add_subnet()
    assert subnet not in router.control('GET', '/state')['active']['subnet4']
    router.post('unbound/service/reconfigure')
    assert subnet not in router.control('GET', '/state')['active']['subnet4']
    assert router.post('kea/service/reconfigure') == {'status': 'ok'}
    assert subnet in router.control('GET', '/state')['active']['subnet4']


def test_kea_does_not_serve_an_interface_that_it_was_not_told(router):
    """KeaDhcpv4.xml, general.interfaces; the lab's role enables what is assigned when it runs."""
    interfaces = router.get('kea/dhcpv4/get')['dhcpv4']['general']['interfaces']
    assert interfaces['opt1']['selected'] == 1 and interfaces['opt8']['selected'] == 0


def test_search_counts_what_matches_and_shows_a_page(router):
    """UIModelGrid::fetch."""
    everything = router.post('interfaces/vlan_settings/searchItem', {'rowCount': -1})
    page = router.post('interfaces/vlan_settings/searchItem', {'rowCount': 5, 'current': 4})
    assert everything['total'] == everything['rowCount'] == len(everything['rows']) == 17
    assert (page['total'], page['rowCount'], page['current']) == (17, 2, 4)
    assert page['rows'] == everything['rows'][15:]


def test_pools_are_as_sent_and_lab_roles_put_blanks_in_them(router):
    """KeaPoolsField keeps the text and trims only when it validates."""
    uuid = router.add_subnet()
    rows = {row['uuid']: row['pools'] for row in router.rows('kea/dhcpv4/search_subnet')}
    assert rows.pop(uuid) == POOL
    assert '10.20.10.100 - 10.20.10.200' in rows.values()


def test_every_write_makes_a_revision(router):
    """BackupController::backupsAction; newest first."""
    router.control('PATCH', '/settings', {'privileges': ['All pages']})
    uuid = router.add_subnet()
    newest = router.get('core/backup/backups/this')['items'][0]
    assert (newest['username'], newest['description']) == ('deevnet', '/api/kea/dhcpv4/add_subnet made changes')
    assert uuid
