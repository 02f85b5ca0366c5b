"""Talks to a simulated node as a client of the PVE API does, over HTTPS, and to its control interface."""

import itertools
import json
import urllib.parse
from typing import Any

from machine import ApiError, Machine

NODE = '/nodes/pve2'
# VMID of a template of the node, and of its VM that is no tenant's.
TEMPLATE, UNRELATED = 100, 110
# Above all that a test names by itself.
_vmids = itertools.count(10_000)


class Client(Machine):
    """A running node and the ways to talk to it."""

    def __init__(self, ready: dict[str, str]) -> None:
        super().__init__(ready)
        self.headers = {'Authorization': f'PVEAPIToken={ready["apiToken"]}'}

    def as_root(self) -> 'Client':
        """The same node for root@pam, who may do everything."""
        data = self.call('POST', '/access/ticket', username='root@pam', password=self.ready['rootPassword'])
        root = Client(self.ready)
        root.headers = {'Cookie': f'PVEAuthCookie={data["ticket"]}', 'CSRFPreventionToken': data['CSRFPreventionToken']}
        return root

    def call(self, method: str, path: str, **fields: Any) -> Any:
        """Calls the PVE API and gives back the answer's data; a task that failed is an ApiError with status 0."""
        body = urllib.parse.urlencode(fields)
        headers = {**self.headers, 'Content-Type': 'application/x-www-form-urlencoded'}
        answer, text = self.ask(method, f'/api2/json{path}', body if fields else None, headers)
        content = json.loads(text) if text.startswith('{') else {'message': text}
        if answer.status >= 400:
            raise ApiError(answer.status, content.get('message', '').strip(), content.get('errors'))
        data = content['data']
        if method != 'GET' and str(data).startswith('UPID:'):
            self._require_success(data)
        return data

    def _require_success(self, upid: str) -> None:
        task = self.call('GET', f'{NODE}/tasks/{urllib.parse.quote(upid)}/status')
        if task['status'] == 'stopped' and task['exitstatus'] != 'OK':
            raise ApiError(0, task['exitstatus'], None)

    def clone(self, **fields: Any) -> int:
        """Makes a full clone of the template; gives back its VMID."""
        vmid = next(_vmids)
        self.call('POST', f'{NODE}/qemu/{TEMPLATE}/clone', newid=vmid, full=1, storage='local-lvm', **fields)
        return vmid

    def configure(self, vmid: int, **options: Any) -> None:
        """PUT config."""
        self.call('PUT', f'{NODE}/qemu/{vmid}/config', **options)

    def config(self, vmid: int, current: bool = False) -> dict[str, Any]:
        """GET config."""
        return self.call('GET', f'{NODE}/qemu/{vmid}/config{"?current=1" if current else ""}')

    def power(self, vmid: int, action: str, **fields: Any) -> None:
        """POST status/start, stop and so on."""
        self.call('POST', f'{NODE}/qemu/{vmid}/status/{action}', **fields)

    def destroy(self, vmid: int) -> None:
        """Stops and deletes a VM as the provider does, with a trailing slash."""
        self.power(vmid, 'stop')
        self.call('DELETE', f'{NODE}/qemu/{vmid}/?destroy-unreferenced-disks=1&purge=1')

    def volumes(self) -> dict[str, int]:
        """Bytes of the volumes of local-lvm, by name."""
        return self.control('GET', '/state')['storages']['local-lvm']['volumes']
