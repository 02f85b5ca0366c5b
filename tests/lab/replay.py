"""Replays what the real PVE and the real OPNsense answered against the simulated ones, and names every difference.

From the project folder, `PYTHONPATH=lab .tools/lab-venv/bin/python tests/lab/replay.py` writes the table of differences anew;
a difference that is new gets no reason there, and the test refuses it until a person has written one.
"""

import http.client
import json
import re
import ssl
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import answers
import yaml
from machine import LAB, PATIENCE, start
from node_client import Client
from router_client import Router

CORPUS = Path(__file__).parent / 'corpus'
TABLE = CORPUS / 'differences.yaml'
# Text that stands for a UUID that no line keeps, and for one that could not be kept.
ANY_UUID, NO_UUID = 'UUID', '00000000-0000-4000-8000-00000000dead'
UUID = re.compile(r'[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}')
KEPT = re.compile(r'\{(\w+)\}')
# A recorded answer that was no JSON.
TEXT = '__text'

Line = dict[str, Any]
# A line of the table: its number and name in the corpus, the place in the answer, both values.
Difference = str


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


@dataclass(frozen=True)
class Outcome:
    """A corpus against a simulator."""

    # Requests that are answered otherwise, in the corpus's order.
    differences: list[Difference]
    # Fields that only the recorded answers have, by endpoint.
    not_held: dict[str, list[str]]


def outcome(replay: NodeReplay | RouterReplay) -> Outcome:
    """Sends every request of the corpus in its order and names what is not as it was recorded."""
    # A UUID has its name in every answer, those before the line that keeps it included.
    replayed_lines = [(line, replay.answer(line)) for line in lines(replay.name)]
    found: list[Difference] = []
    recorded_fields: dict[str, set[answers.Place]] = {}
    held: dict[str, set[answers.Place]] = {}
    for line, simulated in replayed_lines:
        if line.get('withheld'):
            continue
        recorded, here = (_found_by_more(line, replay.normal(one)) for one in (replay.recorded(line), simulated))
        found += [f'{line["n"]} {line["name"]}: {what}' for what in answers.compared(recorded, here)]
        endpoint = _endpoint(line['path'])
        recorded_fields.setdefault(endpoint, set()).update(answers.fields(recorded))
        held.setdefault(endpoint, set()).update(answers.fields(here))
    missing = {path: answers.missing(recorded_fields[path], held[path]) for path in sorted(held)}
    return Outcome(found, {path: fields for path, fields in missing.items() if fields})


def _endpoint(path: str) -> str:
    """An endpoint as its documentation writes it, whoever asked for which record."""
    parts = [part for part in path.partition('?')[0].split('/') if part][1:4]
    return '/'.join(part.lower().replace('_', '') for part in parts)


def _found_by_more(line: Line, answer: Any) -> Any:
    """An answer without the rules that a search found by their UUIDs alone, which is by chance."""
    phrase = str((line.get('body') or {}).get('searchPhrase', '')).lower()
    if not phrase or not line['path'].endswith('searchRule'):
        return answer
    rows = [row for row in answer['answer']['rows']
            if any(phrase in text.lower() for name, value in row.items() if name != 'uuid' for text in _texts(value))]
    return {**answer, 'answer': {**answer['answer'], 'rows': rows, 'rowCount': len(rows), 'total': len(rows)}}


def _texts(value: Any) -> Iterator[str]:
    """Every value in what is nested."""
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    else:
        yield '' if isinstance(value, bool) else str(value)


def _macs(text: str) -> list[str]:
    return re.findall(r'(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}', text)


def _printed_grants(version: str) -> list[dict[str, Any]]:
    """The roles that `tenants role` prints for the recorded node, with the start order."""
    from simnode.access import PLACE, ROLE, TOKEN, USER
    from simnode.versions import VERSIONS
    return [{'path': grant['path'].format(**PLACE), 'privileges': list(grant['privileges']),
             'propagate': grant.get('propagate', True), 'userids': [USER, TOKEN]}
            for grant in VERSIONS[version].grants(ROLE['grants']) if grant.get('when') in (None, 'agent.wait', 'startup')]


def replayed(kind: type[NodeReplay] | type[RouterReplay]) -> Outcome:
    """A corpus against a freshly started machine."""
    with tempfile.TemporaryDirectory() as folder:
        process = start(kind.package, Path(folder) / 'run', *kind.options)
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(process.stderr.read())
            return outcome(kind(json.loads(line)))
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def table() -> dict[str, Any]:
    """The differences that are known, with their reasons, by corpus."""
    return yaml.safe_load(TABLE.read_text()) if TABLE.exists() else {}


def known(part: dict[str, Any]) -> list[Difference]:
    """The differences of a part of the table, whatever their reasons."""
    return [difference for group in part['differences'] for difference in group['lines']]


def _renewed(part: dict[str, Any], found: Outcome) -> dict[str, Any]:
    groups = part.get('differences', [])
    reasons = {line: group['reason'] for group in groups for line in group['lines']}
    order = dict.fromkeys([*(group['reason'] for group in groups), *(reasons.get(one, '') for one in found.differences)])
    renewed = [{'reason': reason, 'lines': [one for one in found.differences if reasons.get(one, '') == reason]}
               for reason in order]
    return {'differences': [group for group in renewed if group['lines']],
            'not held': {'reason': part.get('not held', {}).get('reason', ''),
                         'fields': {path: ', '.join(names) for path, names in found.not_held.items()}}}


def main() -> None:
    before = table()
    # PVE 9.2 answers what 8.4 does.
    written = {kind.name: _renewed(before.get(kind.name, {}), replayed(kind)) for kind in (NodeReplay, RouterReplay)}
    TABLE.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=1000))
    for name, part in written.items():
        for group in part['differences']:
            print(f'{name}: {len(group["lines"])} {group["reason"] or "without a reason"}')


if __name__ == '__main__':
    sys.path.insert(0, str(LAB))
    main()
