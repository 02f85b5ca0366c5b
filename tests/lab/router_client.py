"""Talks to a simulated router as a client of the OPNsense API does, over HTTPS with key and secret."""

import base64
import json
from typing import Any

from machine import PATIENCE, ApiError, Machine

SUBNET = '10.20.50.0/24'
POOL = '10.20.50.100-10.20.50.200'
# Endpoints that delete a record, in the order in which records can go.
DELETES = {'rule': 'firewall/filter/delRule', 'alias': 'firewall/alias/delItem',
           'host_alias': 'unbound/settings/delHostAlias', 'host': 'unbound/settings/delHostOverride',
           'reservation': 'kea/dhcpv4/del_reservation', 'subnet4': 'kea/dhcpv4/del_subnet',
           'vlan': 'interfaces/vlan_settings/delItem'}
ACTIVATES = ('interfaces/vlan_settings/reconfigure', 'kea/service/reconfigure', 'unbound/service/reconfigure',
             'firewall/alias/reconfigure', 'firewall/filter/apply')


class Router(Machine):
    """A running router and the ways to talk to it."""

    def __init__(self, ready: dict[str, str]) -> None:
        super().__init__(ready)
        self.headers = self.credentials(ready['apiKey'], ready['apiSecret'])

    @staticmethod
    def credentials(key: str, secret: str) -> dict[str, str]:
        return {'Authorization': 'Basic ' + base64.b64encode(f'{key}:{secret}'.encode()).decode()}

    def call(self, method: str, path: str, content: Any = None, timeout: float = PATIENCE) -> Any:
        """Calls an endpoint and gives back the answer's JSON, whatever its type; an error status is an ApiError."""
        body = None if content is None else json.dumps(content)
        # A body of JSON that is empty is refused.
        kind = {} if body is None else {'Content-Type': 'application/json'}
        answer, text = self.ask(method, f'/api/{path}', body, {**self.headers, **kind}, timeout)
        if answer.status >= 400:
            raise ApiError(answer.status, json.loads(text).get('errorMessage', text), None)
        return json.loads(text)

    def post(self, path: str, content: Any = None) -> Any:
        return self.call('POST', path, {} if content is None else content)

    def get(self, path: str) -> Any:
        return self.call('GET', path)

    def rows(self, path: str, **asked: Any) -> list[dict[str, Any]]:
        return self.post(path, {'rowCount': -1, 'current': 1, **asked})['rows']

    def add(self, path: str, key: str, **fields: Any) -> str:
        """Adds a record that must be accepted and gives back its uuid."""
        done = self.post(path, {key: fields})
        assert done['result'] == 'saved', done
        return done['uuid']

    def add_subnet(self, **fields: Any) -> str:
        return self.add('kea/dhcpv4/add_subnet', 'subnet4', **{'subnet': SUBNET, 'pools': POOL, **fields})

    def add_reservation(self, subnet: str, **fields: Any) -> str:
        return self.add('kea/dhcpv4/add_reservation', 'reservation', subnet=subnet,
                        **{'ip_address': '10.20.50.10', 'hw_address': '02:de:20:50:00:01', **fields})

    def saved(self, section: str) -> dict[str, Any]:
        return self.control('GET', '/state')['saved'][section]

    def clean_up(self) -> None:
        """Deletes what was written since the audit was emptied last, and makes that the active configuration."""
        made = {(write['section'], write['uuid']) for write in self.control('GET', '/audit')
                if write['before'] is None and write['section'] in DELETES}
        for section, path in DELETES.items():
            for one, uuid in made:
                if one == section:
                    self.post(f'{path}/{uuid}')
        for path in ACTIVATES:
            self.post(path)
        self.control('DELETE', '/audit')
