"""Records of a section: adding, changing, deleting, getting and searching them as ApiMutableModelControllerBase does
(src/opnsense/mvc/app/controllers/OPNsense/Base of opnsense/core 26.7.2)."""

import re
import uuid as uuids
from collections.abc import Callable
from typing import Any

from . import fields as f
from . import own, php
from .models import Faults, Model, Record
from .sections import MODELS

TOKEN = re.compile(r'[0-9a-z-]{1,255}', re.IGNORECASE)
UNEXPECTED = 'Unexpected error, check log for details'

Row = dict[str, Any]


class RouterError(Exception):
    """An answer with an error status, as www/api.php:3 writes it; one that OPNsense meant for a person has a title."""

    def __init__(self, message: str, title: str | None = None, status: int = 500, meant: bool = True) -> None:
        super().__init__(message)
        self.message, self.title, self.status, self.meant = message, title, status, meant


def unexpected() -> RouterError:
    """An exception that nobody caught."""
    return RouterError(UNEXPECTED, meant=False)


class Records:
    """The records of one section of a router."""

    def __init__(self, router: Any, section: str) -> None:
        self.router, self.section = router, section
        self.model: Model = MODELS[section]

    @property
    def fields(self) -> dict[str, f.Field]:
        """The fields that the router's version has; a record keeps the defaults of the others."""
        without = self.router.version.without_fields.get(self.section, frozenset())
        return {name: field for name, field in self.model.fields.items() if name not in without}

    @property
    def saved(self) -> dict[str, Record]:
        return self.router.saved[self.section]

    def add(self, sent: Any, overlay: Record) -> dict[str, Any]:
        """addBase: a new record with defaults, what was sent, and what the controller decides itself."""
        return self._write(str(uuids.uuid4()), {**self.merged('', sent), **overlay}, with_uuid=True)

    def set(self, uuid: str, sent: Any, overlay: Record) -> dict[str, Any]:
        """setBase: only the keys that were sent change; a uuid that is not there is created (it is an upsert)."""
        if uuid not in self.saved and not php.is_uuid(uuid):
            return {'result': 'failed'}
        return self._write(uuid, {**self.merged(uuid, sent), **overlay}, with_uuid=False)

    def delete(self, wanted: str, in_use: Callable[[str, Record], None] | None = None) -> dict[str, Any]:
        """delBase: one uuid or several with commas, of which the last one is answered; `not found` is no error, and where one is in
        use none goes."""
        result, gone = 'failed', []
        for uuid in filter(None, wanted.split(',')):
            if in_use is not None:
                if not TOKEN.fullmatch(uuid):
                    raise RouterError('Invalid input token provided', 'Invalid token')
                if uuid in self.saved:
                    in_use(uuid, self.saved[uuid])
            there = uuid in self.saved and uuid not in gone
            result = 'deleted' if there else 'not found'
            gone += [uuid] if there else []
        for uuid in gone:
            self.router.wrote(self.section, uuid, self.saved.pop(uuid), None)
        return {'result': result}

    def toggle(self, wanted: str, enabled: str | None) -> dict[str, Any]:
        """toggleBase: switches records on (1) or off (0), or to the other; `disabled` where a section has that instead."""
        field, on = ('disabled', '0') if 'disabled' in self.model.fields else ('enabled', '1')
        answer: dict[str, Any] = {'result': 'failed'}
        uuids = wanted.split(',')
        if len(uuids) > 1 and enabled is None:
            raise RouterError('Toggle with a list of items in only supported for explicit actions [0,1]', 'Toggle')
        for uuid in uuids:
            before = self.saved.get(uuid)
            if before is None:
                continue
            if enabled not in (None, '0', '1'):
                return {**answer, 'changed': False}
            value = enabled or ('0' if before[field] == '1' else '1')
            answer = {'result': 'Enabled' if value == on else 'Disabled', 'changed': enabled is None or before[field] != value}
            self.saved[uuid] = {**before, field: value}
            self.router.wrote(self.section, uuid, before, self.saved[uuid])
        return answer

    def get(self, uuid: str | None) -> Any:
        """getBase: options as maps of what is selected; an empty list for a uuid that is not there."""
        if uuid is not None and uuid not in self.saved:
            return []
        return self.nodes(self.saved[uuid] if uuid is not None else self._blank())

    def nodes(self, record: Record) -> dict[str, Any]:
        """A record below its key; text that people see otherwise has that beside it (Base/FieldTypes/BaseField.php, getNodes)."""
        nodes: dict[str, Any] = {}
        for name, field in self.fields.items():
            *outer, last = name.split('.')
            inner = nodes
            for step in outer:
                inner = inner.setdefault(step, {})
            inner[last] = field.shown(record[name], self.router)
            described = field.describing(self.router)(record[name])
            if isinstance(inner[last], str) and inner[last] != described:
                inner[f'%{last}'] = described
        return {self.model.key: nodes}

    def rows(self, records: dict[str, Record] | None = None) -> list[Row]:
        """Records, all that are saved if none are given, as a search lists them, in the order in which they were made: values, and
        beside one that people see otherwise, that as %field."""
        describing = {name: field.describing(self.router) for name, field in self.fields.items()}
        listed = self.saved if records is None else records
        return [_row(uuid, record, describing) for uuid, record in listed.items()]

    def _blank(self) -> Record:
        """A record with defaults, and the numbers that OPNsense gives where none is sent: the first free one
        (Base/FieldTypes/AutoNumberField.php:97), or 100 after the last (Firewall/FieldTypes/FilterSequenceField.php:40)."""
        record = {name: field.default for name, field in self.model.fields.items()}
        if 'subnet_id' in record:
            taken = {int(other['subnet_id']) for other in self.saved.values()}
            record['subnet_id'] = str(next(number for number in range(1, 10_000) if number not in taken))
        if 'sequence' in record and self.section != 'group':
            record['sequence'] = str(max([1, *(int(other['sequence']) for other in self.saved.values())]) + 100)
        return record

    def merged(self, uuid: str, sent: Any) -> Record:
        """A record with what was sent in place of what it has; a new one where there is none."""
        fields = self.fields
        return {**(self.saved.get(uuid) or self._blank()),
                **{name: fields[name].clean(value) for name, value in flattened(sent, fields).items()}}

    def _write(self, uuid: str, record: Record, with_uuid: bool) -> dict[str, Any]:
        wrong = self.validations(uuid, record)
        if wrong:
            return {'result': 'failed', 'validations': wrong}
        before = self.saved.get(uuid)
        self.saved[uuid] = record
        self.router.wrote(self.section, uuid, before, record)
        return {'result': 'saved', 'uuid': uuid} if with_uuid else {'result': 'saved'}

    def validations(self, uuid: str, record: Record) -> dict[str, Any]:
        """Faults, by field as the request names it."""
        wrong = [*self._constraints(uuid, record),
                 *((name, message) for name, field in self.model.fields.items()
                   for message in field.faults(record[name], self.router)),
                 *self.model.check(self.router, uuid, record)]
        return told(f'{self.model.key}.', wrong)

    def _constraints(self, uuid: str, record: Record) -> Faults:
        """Constraints come before what a field itself says, once for each field that refers to them."""
        others: list[Any] = [other for key, other in self.saved.items() if key != uuid]
        if self.section == 'alias':
            others += [one for one in own.aliases(self.router) if one['uuid'] != uuid]
        wrong: Faults = []
        for unique in self.model.unique:
            if (not php.is_empty(record[unique.at]) or unique.required) and any(unique.key(other) == unique.key(record) for other in others):
                wrong += [(unique.at, unique.message)] * (1 + unique.references)
        for needed in self.model.needed:
            if php.is_empty(record[needed.at]) and record[needed.other] == needed.value:
                wrong += [(needed.at, needed.message)] * (1 + needed.twice)
        return wrong


def _row(uuid: str, record: Record, describing: dict[str, Callable[[str], str]]) -> Row:
    row: Row = {'uuid': uuid}
    for name, describe in describing.items():
        row[name] = record[name]
        described = describe(record[name])
        if described != record[name]:
            row[f'%{name}'] = described
    return row


def told(prefix: str, wrong: Faults) -> dict[str, Any]:
    """Validations as they are answered: one message is text, two of them are a list without repeats, and the same one twice
    is a list of one (ApiMutableModelControllerBase.php:305)."""
    by_field: dict[str, list[str]] = {}
    for name, message in wrong:
        by_field.setdefault(f'{prefix}{name}', []).append(message)
    return {name: messages[0] if len(messages) == 1 else list(dict.fromkeys(messages)) for name, messages in by_field.items()}


def flattened(sent: Any, fields: Any, prefix: str = '') -> Record:
    """The known keys of a request's object by dotted name, as text. A list where text belongs ends with a 500, and text where
    more fields belong; what is no object at all sets nothing (Base/FieldTypes/BaseField.php:800, setNodes)."""
    if isinstance(sent, list) or not prefix and not isinstance(sent, dict):
        return {}
    if not isinstance(sent, dict):
        raise unexpected()
    flat: Record = {}
    for key, value in sent.items():
        name = f'{prefix}{key}'
        if value is None or '.' in key:
            continue
        if name in fields:
            if isinstance(value, (dict, list)):
                raise unexpected()
            flat[name] = php.text(value)
        elif any(known.startswith(f'{name}.') for known in fields):
            flat.update(flattened(value, fields, f'{name}.'))
    return flat
