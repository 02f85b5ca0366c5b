"""Talks to a simulated node as a client of the PVE API does, over HTTPS, and to its control interface."""

import http.client
import itertools
import json
import os
import socket
import ssl
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

LAB = Path(__file__).resolve().parents[2] / 'lab'
NODE = '/nodes/pve2'
# VMID of a template of the node, and of its VM that is no tenant's.
TEMPLATE, UNRELATED = 100, 110
_vmids = itertools.count(5000)


class ApiError(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, message: str, errors: dict[str, str] | None) -> None:
        super().__init__(f'{status} {message}')
        self.status, self.message, self.errors = status, message, errors


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__('localhost', timeout=10)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def start(run_dir: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Starts `python -m simnode` as a person does."""
    return subprocess.Popen(
        [sys.executable, '-m', 'simnode', '--run-dir', str(run_dir), *options], cwd=LAB, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment})


class Client:
    """A running node and the ways to talk to it."""

    def __init__(self, ready: dict[str, str]) -> None:
        self.ready = ready
        self.address = urllib.parse.urlsplit(ready['endpoint'])
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
        tls = ssl.create_default_context(cafile=self.ready['caFile'])
        connection = http.client.HTTPSConnection(self.address.hostname, self.address.port, context=tls, timeout=10)
        try:
            connection.request(method, f'/api2/json{path}', body if fields else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
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

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """Calls the control interface."""
        connection = UnixConnection(self.ready['control'])
        try:
            connection.request(method, path, None if content is None else json.dumps(content))
            answer = connection.getresponse()
            data = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 400:
            raise ApiError(answer.status, data['error'], None)
        return data

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
