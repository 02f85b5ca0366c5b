"""Answers in which older versions of OPNsense differ, each by its source in simrouter/versions.py."""

import json
from collections.abc import Iterator

import pytest
from machine import PATIENCE, ApiError, start
from router_client import Router

VERSIONS = ('25.7', '26.1', '26.1.3', '26.7')
# Versions with all that the program needs.
WORK = ('26.1.3', '26.7')


@pytest.fixture(scope='module', params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Router]]:
    """A router of each version, 26.1 by the environment and the others by the option, and the key of the person."""
    version = request.param
    how = {'OPNSENSE': version} if version == '26.1' else {}
    options = () if how else ('--opnsense', version)
    process = start('simrouter', tmp_path_factory.mktemp('router'), *options, **how)
    line = process.stdout.readline()
    assert line, process.stderr.read()
    router = Router(json.loads(line))
    router.program = router.headers
    router.headers = router.credentials(router.ready['rootKey'], router.ready['rootSecret'])
    yield version, router
    process.terminate()
    assert process.communicate(timeout=PATIENCE)[1] == ''


def test_a_search_lists_rules_on_one_interface_from_26_1_1_on(old):
    version, router = old
    one = router.add('firewall/filter/addRule', 'rule', interface='opt8')
    two = router.add('firewall/filter/addRule', 'rule', interface='opt8,opt9')
    listed = {row['uuid'] for row in router.rows('firewall/filter/searchRule')}
    assert (one in listed, two in listed) == (version in WORK, True)
    # It is there all the same.
    assert router.get(f'firewall/filter/getRule/{one}')['rule']['sequence']


def test_rules_that_are_in_no_model_come_unasked_with_26_7_alone(old):
    version, router = old
    listed = [row for row in router.rows('firewall/filter/searchRule') if row.get('is_automatic')]
    asked = [row for row in router.rows('firewall/filter/searchRule', show_all=1) if row.get('is_automatic')]
    assert bool(listed) == (version == '26.7')
    assert asked


def test_blank_records_tell_the_version(old):
    version, router = old
    host = router.get('unbound/settings/getHostOverride')['host']
    subnet = router.get('kea/dhcpv4/get_subnet')['subnet4']
    assert ('addptr' in host, 'subnet_id' in subnet) == (version in WORK, version == '26.7')


def test_a_field_that_came_later_is_ignored(old):
    version, router = old
    host = {'hostname': 'x', 'domain': 'example.net', 'server': '10.20.10.9', 'addptr': '0'}
    uuid = router.add('unbound/settings/addHostOverride', 'host', **host)
    saved = router.saved('host')[uuid]
    assert saved['addptr'] == ('0' if version in WORK else '1')


@pytest.mark.parametrize(('path', 'since'), [('firewall/d_nat/searchRule', '26.1'), ('interfaces/assignment/searchItem', '26.7'),
                                             ('firewall/group/searchItem', '25.7'), ('firewall/source_nat/searchRule', '25.7')])
def test_endpoints_that_came_later(old, path, since):
    version, router = old
    if version >= since:
        assert isinstance(router.rows(path), list)
    else:
        with pytest.raises(ApiError, match='404 Endpoint not found'):
            router.rows(path)


def test_a_subnet_with_reservations_is_deleted_without_a_word_before_26_1_8(old):
    version, router = old
    subnet = router.add_subnet()
    router.add_reservation(subnet)
    if version == '26.7':
        with pytest.raises(ApiError, match='500 '):
            router.post(f'kea/dhcpv4/del_subnet/{subnet}')
    else:
        assert router.post(f'kea/dhcpv4/del_subnet/{subnet}') == {'result': 'deleted'}


def test_privileges_have_the_names_of_the_version(old):
    version, router = old
    rules, unbound = 'Firewall: Rules [new]', 'Services: Unbound'
    older = {'25.7': ['Firewall: Automation: Filter', 'Services: Unbound (MVC)'],
             '26.1': [rules, 'Services: Unbound (MVC)'], '26.1.3': [rules, 'Services: Unbound (MVC)']}
    names = older.get(version, [rules, unbound])
    assert set(names) <= set(router.control('PATCH', '/settings', {})['privileges'])
    person, router.headers = router.headers, router.program
    router.control('PATCH', '/settings', {'privileges': names[:1]})
    router.rows('firewall/filter/searchRule')
    with pytest.raises(ApiError, match='403'):
        router.rows('unbound/settings/searchHostOverride')
    router.control('PATCH', '/settings', {'privileges': None})
    router.headers = person
    if version != '26.7':
        with pytest.raises(ApiError, match='unknown privileges'):
            router.control('PATCH', '/settings', {'privileges': [unbound]})


def test_a_version_that_there_is_not_is_refused(run_dir):
    process = start('simrouter', run_dir, '--opnsense', '24.1')
    _out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "invalid choice: '24.1'" in err
