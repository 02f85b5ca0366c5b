"""Answers of opnsense/core 26.7.2 to requests that nobody recorded (corpus/README.md), each with its source below
src/opnsense/mvc/app/."""

import urllib.parse

import pytest
from machine import ApiError
from router_client import Router

SEGMENT = 'interfaces/vlan_settings'
NO_UUID = '00000000-0000-4000-8000-0000000000ff'
HOST = {'hostname': 'h1', 'domain': 'a.test', 'server': '10.20.50.10'}
RULE = {'interface': 'opt8', 'source_net': '10.20.50.0/24', 'destination_net': 'any', 'protocol': 'any', 'sequence': '900'}


def told(router: Router, path: str, key: str, **fields: object) -> dict[str, object]:
    """The validations of a refused write, without the key."""
    done = router.post(path, {key: fields})
    assert done['result'] == 'failed', done
    return {name.removeprefix(f'{key}.'): message for name, message in done['validations'].items()}


@pytest.mark.parametrize('sent', [[], ['a'], 5, 'text', {}])
def test_what_is_no_object_sets_no_field(router, sent):
    """Base/FieldTypes/BaseField.php, setNodes asks isset($data[$key]), which is false for text, numbers and lists."""
    assert router.post('kea/dhcpv4/add_subnet', {'subnet4': sent})['validations'] == {
        'subnet4.subnet': 'A value is required.'}


def test_a_null_is_no_key(router):
    """library/OPNsense/Mvc/Request.php, hasPost is isset()."""
    assert router.post('kea/dhcpv4/add_subnet', {'subnet4': None}) == {'result': 'failed'}
    assert router.post(f'kea/dhcpv4/set_subnet/{NO_UUID}', {'subnet4': None}) == {'result': 'failed'}


@pytest.mark.parametrize(('value', 'kept'), [(7, '7'), (7.0, '7'), (True, '1'), ('7', '7'), (1e3, '1000')])
def test_numbers_become_text_as_php_writes_them(router, value, kept):
    """Base/FieldTypes/BaseField.php, setValue casts to a string."""
    uuid = router.add_subnet(valid_lifetime=value)
    assert router.saved('subnet4')[uuid]['valid_lifetime'] == kept


def test_a_dotted_key_is_no_nested_one(router):
    """Base/FieldTypes/BaseField.php, setNodes goes through the names of a level."""
    uuid = router.add_subnet(**{'option_data_autocollect': '0', 'option_data.routers': '10.20.50.1'})
    assert router.saved('subnet4')[uuid]['option_data.routers'] == ''
    uuid = router.add_subnet(subnet='10.20.70.0/24', pools='', option_data=[])
    assert router.saved('subnet4')[uuid]['subnet'] == '10.20.70.0/24'
    with pytest.raises(ApiError, match='Unexpected error'):
        router.add_subnet(subnet='10.20.71.0/24', pools='', option_data='text')


def test_a_vlan_without_a_parent_is_taken_for_one_that_lies_on_itself(router):
    """Interfaces/Vlan.php: the device of before of a new one is empty, as its parent is; both fields say so."""
    itself = 'VLAN can not be assigned to itself.'
    assert told(router, f'{SEGMENT}/addItem', 'vlan', tag='60') == {
        'if': ['A value is required.', itself], 'vlanif': itself}
    with pytest.raises(ApiError, match='Unexpected error'):
        router.post(f'{SEGMENT}/addItem', {'vlan': 'text'})


@pytest.mark.parametrize('uuid', [NO_UUID.upper(), '00000000-0000-1000-8000-0000000000ff', '00000000-0000-4000-c000-0000000000ff'])
def test_only_a_random_uuid_in_lower_case_is_made_by_set(router, uuid):
    """library/OPNsense/Core/Type.php, isUUID."""
    subnet = {'subnet4': {'subnet': '10.20.70.0/24'}}
    assert router.post(f'kea/dhcpv4/set_subnet/{uuid}', subnet) == {'result': 'failed'}
    assert router.post(f'kea/dhcpv4/set_subnet/{NO_UUID}', subnet) == {'result': 'saved'}


def test_of_several_subnets_none_is_deleted_where_one_is_in_use(router):
    """Base/ApiMutableModelControllerBase.php, delBase saves behind its loop alone."""
    free, used = router.add_subnet(subnet='10.20.70.0/24', pools=''), router.add_subnet()
    router.add_reservation(used)
    with pytest.raises(ApiError):
        router.post(f'kea/dhcpv4/del_subnet/{free},{used}')
    assert {free, used} <= {*router.saved('subnet4')}
    assert router.post(f'kea/dhcpv4/del_subnet/{free},{NO_UUID}') == {'result': 'not found'}
    assert free not in router.saved('subnet4')


def test_several_are_toggled_to_a_state_that_is_named(router):
    """Base/ApiMutableModelControllerBase.php, toggleBase."""
    one, other = (router.add('unbound/settings/addHostOverride', 'host', **HOST) for _ in 'ab')
    with pytest.raises(ApiError, match='only supported for explicit actions'):
        router.post(f'unbound/settings/toggleHostOverride/{one},{other}')
    assert router.post(f'unbound/settings/toggleHostOverride/{one},{other}/0') == {'result': 'Disabled', 'changed': True}


@pytest.mark.parametrize(('asked', 'shown', 'current'), [
    ({'rowCount': 1, 'current': 0}, 1, 0), ({'rowCount': 'x'}, 0, 1), ({'rowCount': 0}, 0, 1), ({'rowCount': None}, 2, 1),
    ({'rowCount': '1', 'current': '2'}, 1, 2), ({'rowCount': -2}, 0, 1), ({'rowCount': 5, 'current': 'two'}, 2, 0)])
def test_pages_are_counted_as_the_grid_counts_them(router, asked, shown, current):
    """library/OPNsense/Base/UIModelGrid.php, fetch, and the int of library/OPNsense/Core/SanitizeFilter.php."""
    for name in 'ab':
        router.add('unbound/settings/addHostAlias', 'alias', host=router.add(
            'unbound/settings/addHostOverride', 'host', **HOST), hostname=name, domain='zz.test')
    found = router.post('unbound/settings/searchHostAlias', {'searchPhrase': 'zz.test', **asked})
    assert (found['total'], found['rowCount'], len(found['rows']), found['current']) == (2, shown, shown, current)


@pytest.mark.parametrize(('phrase', 'found'), [
    ('best effort', 1), ('0', 1), ('ü', 1), ('Ü', 0), ('a&b', 0), ('a&', 1), ('<', 0), ('zzzz', 0), ('{uuid}', 1), ('60 {uuid}', 1)])
def test_words_are_looked_for_as_the_grid_does(router, phrase, found):
    """library/OPNsense/Base/UIModelGrid.php: what people see, escaped as HTML, without case of ASCII letters alone; `0` is no
    word, and a whole uuid finds its record (ApiMutableModelControllerBase.php, searchBase)."""
    uuid = router.add(f'{SEGMENT}/addItem', 'vlan', **{'if': 're0', 'tag': 60, 'descr': 'ü a&amp;x <i>'})
    rows = router.rows(f'{SEGMENT}/searchItem', searchPhrase=phrase.format(uuid=uuid))
    assert [row['uuid'] for row in rows].count(uuid) == found


@pytest.mark.parametrize(('names', 'accepted'), [
    ('a.b,a_b', True), ('a_b,a.b', False), ('a.b,', True), (',a.b', False), ('a.b,10.0.0.1', False), ('a.b,a/b', True)])
def test_a_name_that_is_none_is_taken_for_the_one_before_it(router, names, accepted):
    """Base/FieldTypes/HostnameField.php: a name that is no domain leaves the result of the one before as it was."""
    done = router.post('kea/dhcpv4/add_subnet', {'subnet4': {'subnet': '10.20.70.0/24', 'option_data': {'domain_search': names}}})
    assert done['result'] == ('saved' if accepted else 'failed')


@pytest.mark.parametrize(('name', 'accepted'), [('ü' * 31, True), ('ü' * 32, False), ('-a', True), ('a b', False), ('a..b', False),
                                                ('.a', False), ('a.', True), ('x' * 63 + '.y', True), ('x' * 64, False)])
def test_lengths_of_names_count_bytes(router, name, accepted):
    """FILTER_VALIDATE_DOMAIN of PHP 8.3 (ext/filter/logical_filters.c, _php_filter_validate_domain)."""
    subnet = router.add_subnet()
    done = router.post('kea/dhcpv4/add_reservation', {'reservation': {
        'subnet': subnet, 'hw_address': '02:de:20:50:00:01', 'ip_address': '10.20.50.10', 'hostname': name}})
    assert done['result'] == ('saved' if accepted else 'failed')


def test_a_zero_counts_as_nothing_for_what_must_be_set(router):
    """Base/Constraints/SetIfConstraint.php asks isEmpty(), which PHP's empty() decides."""
    wrong = told(router, 'unbound/settings/addHostOverride', 'host', **{**HOST, 'rr': 'MX', 'mxprio': '0', 'mx': 'm.test'})
    assert wrong == {'mxprio': ['The field MX Priority is required.']}
    assert router.add('unbound/settings/addHostOverride', 'host', **{**HOST, 'rr': 'MX', 'mxprio': '10', 'mx': 'm.test'})


@pytest.mark.parametrize(('kind', 'content', 'refused'), [
    ('mac', 'aa:bb:cc\nzz', 'Entry "zz" is not a valid (partial) MAC address.'),
    ('asn', '64512\n0', 'Entry "0" is not a valid ASN.'),
    ('dynipv6host', '::1000\nx', 'Entry "x" is not a valid partial ipv6 address definition (e.g. ::1000).'),
    ('networkgroup', 'lab_private\nnone', 'Entry "none" is not a valid alias.')])
def test_entries_of_an_alias_are_what_its_type_says(router, kind, content, refused):
    """Firewall/FieldTypes/AliasContentField.php, getValidators."""
    assert told(router, 'firewall/alias/addItem', 'alias', name='kind', type=kind, content=content) == {'content': refused}
    assert router.add('firewall/alias/addItem', 'alias', name='kind', type=kind, content=content.split('\n')[0])


def test_opnsenses_own_aliases_are_there_to_get_and_a_write_of_them_keeps_nothing(router):
    """Base/FieldTypes/ArrayField.php, getChild: static children are found by their names, and never written to the file."""
    assert router.get('firewall/alias/getItem/bogons')['alias']['name'] == 'bogons'
    assert router.get('firewall/alias/getItem/__lan_network')['alias']['description'] == 'LAN net'
    assert router.post('firewall/alias/setItem/bogons', {'alias': {'description': 'mine'}}) == {'result': 'saved'}
    assert router.get('firewall/alias/getItem/bogons')['alias']['description'] == 'bogon networks (internal)'
    assert router.post('firewall/alias/setItem/bogons', {'alias': {'enabled': 'x'}})['result'] == 'failed'


def test_a_get_adds_what_people_see_of_an_end(router):
    """Base/FieldTypes/BaseField.php, getNodes: text with another description has that beside it."""
    uuid = router.add('firewall/filter/addRule', 'rule', **{**RULE, 'destination_net': 'opt8ip'})
    rule = router.get(f'firewall/filter/getRule/{uuid}')['rule']
    assert (rule['destination_net'], rule['%destination_net']) == ('opt8ip', 'TENANT50 address')
    assert '%source_net' not in rule


@pytest.mark.parametrize(('interface', 'others'), [('opt8', False), ('opt9', False), ('', True), (None, True)])
def test_rules_are_listed_for_an_interface(router, interface, others):
    """Firewall/Api/FilterController.php, searchRuleAction: for some interfaces, for those of several or none, or all."""
    one = router.add('firewall/filter/addRule', 'rule', **RULE)
    two = router.add('firewall/filter/addRule', 'rule', **{**RULE, 'interface': 'opt9,opt10'})
    asked = {} if interface is None else {'interface': interface}
    found = [row['uuid'] for row in router.rows('firewall/filter/searchRule', **asked)]
    assert (one in found) is (interface in ('opt8', None))
    assert (two in found) is (interface in ('opt9', '', None))


def test_rules_on_a_group_are_listed_for_the_interfaces_that_it_holds(router):
    """Firewall/Api/FilterController.php, searchRuleAction; interfacenot turns it round."""
    made = router.add('firewall/group/addItem', 'group', ifname='tenants', members='opt8,opt9')
    group = router.add('firewall/filter/addRule', 'rule', **{**RULE, 'interface': 'tenants'})
    but = router.add('firewall/filter/addRule', 'rule', **{**RULE, 'interface': 'opt8', 'interfacenot': '1'})
    found = {name: {row['uuid'] for row in router.rows('firewall/filter/searchRule', interface=name)} & {group, but}
             for name in ('opt8', 'opt9', 'opt10')}
    assert found == {'opt8': {group}, 'opt9': {group, but}, 'opt10': {but}}
    assert router.post(f'firewall/filter/delRule/{group}') == router.post(f'firewall/group/delItem/{made}') == {'result': 'deleted'}


def test_a_search_for_rules_hears_the_body_alone(router):
    """Base/ApiControllerBase.php, searchRecordsetBase reads getPost(), the grid get()."""
    everything = router.get('firewall/filter/searchRule')['total']
    assert router.get('firewall/filter/searchRule?searchPhrase=zzzz&rowCount=1')['rowCount'] == everything
    assert router.get('kea/dhcpv4/search_subnet?searchPhrase=zzzz')['total'] == 0


def test_a_search_for_rules_knows_the_ends_by_their_names(router):
    """Firewall/Api/FilterController.php, alias_meta_…: what people see of an interface, and what is in an alias."""
    uuid = router.add('firewall/filter/addRule', 'rule', **{**RULE, 'destination_net': 'opt9ip'})
    private = router.add('firewall/filter/addRule', 'rule', **{**RULE, 'destination_net': 'lab_private'})
    for phrase, found in (('TENANT51 address', uuid), ('172.16.0.0/12', private)):
        assert found in [row['uuid'] for row in router.rows('firewall/filter/searchRule', searchPhrase=phrase)]


def test_autocollect_finds_the_first_address_inside_the_subnet(router):
    """Kea/KeaDhcpv4.php, setNodes."""
    uuid = router.add_subnet(subnet='10.20.0.0/16', pools='')
    router.post('kea/dhcpv4/set', {'dhcpv4': {'general': {}}})
    assert router.saved('subnet4')[uuid]['option_data.routers'] == '10.20.99.1'


def test_aliases_of_a_host_are_searched_by_it(router):
    """Unbound/Api/SettingsController.php, searchHostAliasAction."""
    one, other = (router.add('unbound/settings/addHostOverride', 'host', **HOST) for _ in 'ab')
    alias = router.add('unbound/settings/addHostAlias', 'alias', host=one, hostname='x')
    assert [row['uuid'] for row in router.rows('unbound/settings/searchHostAlias', host=one)] == [alias]
    assert router.rows('unbound/settings/searchHostAlias', host=other) == []


def test_aliases_are_searched_by_type(router):
    """Firewall/Api/AliasController.php, searchItemAction: a list of types."""
    assert {row['type'] for row in router.rows('firewall/alias/searchItem', type=['internal'])} == {'internal'}
    with pytest.raises(ApiError, match='Unexpected error'):
        router.rows('firewall/alias/searchItem', type='internal')


def test_a_form_has_fields_in_brackets(router):
    """PHP's own $_POST."""
    body = urllib.parse.urlencode({'vlan[if]': 're0', 'vlan[tag]': '60', 'vlan[descr]': 'form'})
    headers = {**router.headers, 'Content-Type': 'application/x-www-form-urlencoded'}
    _answer, text = router.ask('POST', f'/api/{SEGMENT}/addItem', body, headers)
    assert '"saved"' in text and 'form' in [one['descr'] for one in router.saved('vlan').values()]


def test_another_charset_than_utf_8_is_no_json(router):
    """Base/ApiControllerBase.php, parseJsonBodyData knows two content types of JSON."""
    for kind, total in (('application/json; charset=latin1', 3), ('application/json; charset=UTF-8', 0)):
        answer, text = router.ask('POST', '/api/kea/dhcpv4/search_subnet', '{"searchPhrase": "zzzz"}',
                                      {**router.headers, 'Content-Type': kind})
        assert f'"total": {total}' in text
