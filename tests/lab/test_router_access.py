"""Credentials and privileges of the simulated router."""

import json

import pytest
from machine import ApiError


def test_a_path_needs_a_privilege_that_opens_it_as_it_was_asked(router):
    """ACL::urlMatch and ApiControllerBase::beforeExecuteRoute."""
    router.control('PATCH', '/settings',
                   {'privileges': ['Services: Unbound DNS: Edit Host and Domain Override', 'Firewall: Aliases']})
    assert router.rows('unbound/settings/search_host_override')
    assert router.rows('unbound/settings/search_host_override/')
    assert router.rows('firewall/alias/searchItem')
    for path in ('unbound/settings/searchHostOverride', 'unbound/service/reconfigure', 'firewall/alias/addItem',
                 'kea/dhcpv4/search_subnet'):
        with pytest.raises(ApiError, match='403'):
            router.post(path)
    router.control('PATCH', '/settings', {'privileges': None})  # the program's own
    assert router.rows('unbound/settings/searchHostOverride')
    with pytest.raises(ApiError, match='403'):
        router.get('core/backup/backups/this')


@pytest.mark.parametrize('key, secret', [('apiKey', 'rootSecret'), ('nobody', 'apiSecret')])
def test_wrong_credentials_are_401(router, key, secret):
    """ApiControllerBase::beforeExecuteRoute."""
    headers = router.credentials(router.ready.get(key, key), router.ready[secret])
    answer, text = router.ask('GET', '/api/kea/service/status', None, headers)
    assert (answer.status, json.loads(text)['message']) == (401, 'Authentication Failed')
    assert router.ask('GET', '/api/kea/service/status', None, router.headers)[0].status == 200


@pytest.mark.parametrize('path', ['foo/bar/baz', 'kea/foo/get', 'kea/dhcpv4/foo', 'kea/dhcpv4', 'kea/dhcpv4/setSubnet'])
def test_what_is_no_endpoint_is_404_before_anybody_is_asked_for_a_key(router, path):
    """Dispatcher.php:152 and 160 (library/OPNsense/Mvc of 26.7.2); controls are the two tests above."""
    headers = router.credentials('nobody', 'nothing')
    answer, text = router.ask('GET', f'/api/{path}', None, headers)
    assert (answer.status, json.loads(text)) == (404, {'errorMessage': 'Endpoint not found'})
    router.control('PATCH', '/settings', {'privileges': []})
    assert router.ask('GET', f'/api/{path}', None, router.headers)[0].status == 404
    assert router.ask('GET', '/api/kea/dhcpv4/searchSubnet', None, router.headers)[0].status == 403
    router.control('PATCH', '/settings', {'privileges': None})


def test_the_sixteenth_answer_on_a_connection_is_its_last(router):
    """server.max-keep-alive-requests of webgui.inc; lighttpd closes where it has had more."""
    connection = router.connection()
    closes = []
    for _ in range(16):
        connection.request('GET', '/api/kea/service/status', None, router.headers)
        answer = connection.getresponse()
        closes.append(answer.will_close)
        answer.read()
    assert closes == [False] * 15 + [True]
    assert connection.sock is None
