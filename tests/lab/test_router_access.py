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
