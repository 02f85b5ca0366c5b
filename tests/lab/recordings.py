"""The recorded answers of the real PVE and the real OPNsense, and the same requests to the simulated ones."""

import http.client
import json
import re
import ssl
import time
import urllib.parse
from pathlib import Path
from typing import Any

from machine import PATIENCE
from node_client import Client
from router_client import Router

CORPUS = Path(__file__).parent / 'corpus'
# Text that stands for a UUID that no line keeps, and for one that could not be kept.
ANY_UUID, NO_UUID = 'UUID', '00000000-0000-4000-8000-00000000dead'
UUID = re.compile(r'[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}')
KEPT = re.compile(r'\{(\w+)\}')
# A recorded answer that was no JSON.
TEXT = '__text'

Line = dict[str, Any]


class Connection:
    """One connection to a simulated machine for all requests: a new one for each would take most of the time."""

    def __init__(self, machine: Client | Router) -> None:
        tls = ssl.create_default_context(cafile=machine.ready['caFile'])
        self.connection = http.client.HTTPSConnection(machine.address.hostname, machine.address.port, context=tls,
                                                      timeout=PATIENCE)

    def ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, str, str, str]:
        """Status, reason, text and type of an answer."""
        self.connection.request(method, path, None if body is None else body.encode(), headers)
        answer = self.connection.getresponse()
        return answer.status, answer.reason, answer.read().decode(), answer.headers.get_content_type()


def lines(name: str) -> list[Line]:
    """The requests of a corpus in their order, each with its number."""
    text = (CORPUS / name).read_text()
    return [{'n': n, **json.loads(line)} for n, line in enumerate(text.splitlines(), start=1)]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {TEXT: text}


class NodeReplay:
    """The requests to PVE 8.4, by the program's token."""

    name, package, title = 'pve-8.4.jsonl', 'simnode', 'PVE 8.4'
    version = '8.4'
    options = ()

    def __init__(self, ready: dict[str, str]) -> None:
        self.client = Client(ready)
        self.connection = Connection(self.client)
        self.client.control('PATCH', '/settings', {'grants': _printed_grants(self.version)})
        # MACs that were sent: every other one is the node's own choice.
        self.macs: set[str] = set()

    def answer(self, line: Line) -> Any:
        """Answer of the simulated node, in the form of the corpus."""
        form = line.get('form')
        self.macs |= {mac.upper() for value in (form or {}).values() for mac in _macs(value)}
        status, reason, text, _type = self._ask(line['method'], line['path'], form)
        answer = _json(text)
        data = answer.get('data')
        if line['method'] != 'GET' and str(data).startswith('UPID:'):
            data = f'TASK {self._end(data)}'
        if 'only' in line and isinstance(data, dict):
            data = {key: data.get(key) for key in line['only']}
        return {'status': status, 'reason': '' if status == 200 else reason, 'data': data,
                'errors': answer.get('errors')}

    def recorded(self, line: Line) -> Any:
        return {key: line[key] for key in ('status', 'reason', 'data', 'errors')}

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str, str]:
        headers = {**self.client.headers, 'Content-Type': 'application/x-www-form-urlencoded'}
        return self.connection.ask(method, path, None if form is None else urllib.parse.urlencode(form), headers)

    def _end(self, upid: str) -> str:
        path = f'/api2/json/nodes/{upid.split(":")[1]}/tasks/{urllib.parse.quote(upid)}/status'
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            task = json.loads(self._ask('GET', path)[2])['data']
            if task['status'] == 'stopped':
                return task['exitstatus']
            time.sleep(0.01)
        raise TimeoutError(f'{upid} does not end')

    def normal(self, value: Any, key: str = '') -> Any:
        """A value without what the environment alone decides."""
        if isinstance(value, dict):
            return {name: self.normal(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            # PVE lists options as Perl's hashes have them.
            if value and all(isinstance(one, dict) and 'key' in one for one in value):
                return {one['key']: {name: self.normal(inner, one['key']) for name, inner in one.items()} for one in value}
            return [self.normal(one) for one in value]
        if not isinstance(value, str):
            return value
        if key == 'digest':
            return 'DIGEST'
        # The directory of a dir storage, the image's format, and the node's number of CPUs.
        value = re.sub(r'\b\d+/((?:vm|base)-\d+-[\w-]+)\.(?:raw|qcow2)', r'\1', value)
        value = re.sub(r'MAX \d+ vcpus', 'MAX N vcpus', value)
        value = re.sub(r'\bctime=\d+', 'ctime=TIME', re.sub(r'creation-qemu=[\d.]+', 'creation-qemu=VERSION', value))
        for mac in _macs(value):
            value = value if mac.upper() in self.macs else value.replace(mac, 'MAC')
        return UUID.sub(ANY_UUID, value)


class NewerNodeReplay(NodeReplay):
    """The same requests to a node of PVE 9.2, which the real one answers the same, by the token with the roles of its version."""

    title, version, options = 'PVE 9.2', '9.2', ('--pve', '9.2')


class RouterReplay:
    """The requests to OPNsense 26.7.2."""

    name, package, title = 'opnsense-26.7.2.jsonl', 'simrouter', 'OPNsense 26.7.2'
    options = ()

    def __init__(self, ready: dict[str, str]) -> None:
        self.router = Router(ready)
        self.connection = Connection(self.router)
        root = Router.credentials(ready['rootKey'], ready['rootSecret'])
        program = Router.credentials(ready['apiKey'], ready['apiSecret'])
        wrong = Router.credentials(ready['apiKey'], 'wrong')
        self.users = {'administrator': root, 'program': program, 'wrong secret': wrong, 'nobody': {}}
        # UUIDs by the name under which a line keeps them.
        self.kept: dict[str, str] = {}

    def answer(self, line: Line) -> Any:
        """Answer of the simulated router, in the form of the corpus."""
        raw = line.get('raw')
        body = raw if raw is not None else json.dumps(line['body']) if 'body' in line else None
        type_ = line['contentType'] if raw is not None else 'application/json'
        headers = {**self.users[line['user']], **({} if body is None else {'Content-Type': type_})}
        status, _reason, text, type_ = self.connection.ask(line['method'], self._filled(line['path']),
                                                    None if body is None else self._filled(body), headers)
        answer = _json(text)
        if 'keeps' in line:
            self._keep(line['keeps'], answer)
        return {'status': status, 'contentType': type_, 'answer': answer}

    def recorded(self, line: Line) -> Any:
        return {'status': line['status'], 'contentType': line['contentType'].partition(';')[0], 'answer': line['answer']}

    def _keep(self, what: str, answer: Any) -> None:
        row = re.fullmatch(r'first row as (\w+)', what)
        found = answer['rows'][0] if row and answer.get('rows') else answer
        self.kept[row[1] if row else what] = found.get('uuid', NO_UUID)

    def _filled(self, text: str) -> str:
        return KEPT.sub(lambda found: self.kept.get(found[1], found[0]), text)

    def normal(self, value: Any, key: str = '') -> Any:
        """A value without what the environment alone decides."""
        if isinstance(value, dict):
            return {self.normal(name): self.normal(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.normal(one) for one in value]
        if not isinstance(value, str):
            return value
        names = {uuid: f'{{{name}}}' for name, uuid in self.kept.items()}
        return UUID.sub(lambda found: names.get(found[0], found[0] if found[0].startswith('00000000') else ANY_UUID), value)


REPLAYS = (NodeReplay, NewerNodeReplay, RouterReplay)


def _macs(text: str) -> list[str]:
    return re.findall(r'(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}', text)


def _printed_grants(version: str) -> list[dict[str, Any]]:
    """The roles that `tenants role` prints for the recorded node, with the start order."""
    from simnode.access import PLACE, ROLE, TOKEN, USER
    from simnode.versions import VERSIONS
    return [{'path': grant['path'].format(**PLACE), 'privileges': list(grant['privileges']),
             'propagate': grant.get('propagate', True), 'userids': [USER, TOKEN]}
            for grant in VERSIONS[version].grants(ROLE['grants']) if grant.get('when') in (None, 'agent.wait', 'startup')]
