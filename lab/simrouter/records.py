"""Records of a section: adding, changing, deleting, getting and searching them as ApiMutableModelControllerBase does."""

import re
import uuid as uuids
from typing import Any

from .models import MODELS, Model, Record

UUID = re.compile(r'^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$', re.IGNORECASE)


class RouterError(Exception):
    """An answer with an error status, as www/api.php writes it."""

    def __init__(self, message: str, title: str | None = None, status: int = 500) -> None:
        super().__init__(message)
        self.message, self.title, self.status = message, title, status


class Records:
    """The records of one section of a router."""

    def __init__(self, router: Any, section: str) -> None:
        self.router, self.section = router, section
        self.model: Model = MODELS[section]

    @property
    def saved(self) -> dict[str, Record]:
        return self.router.saved[self.section]

    def add(self, sent: Any, overlay: Record) -> dict[str, Any]:
        """addBase: a new record with defaults, what was sent, and what the controller decides itself."""
        record = {name: field.default for name, field in self.model.fields.items()}
        self._number(record)
        return self._write(str(uuids.uuid4()), self._merged(record, sent, overlay), with_uuid=True)

    def set(self, uuid: str, sent: Any, overlay: Record) -> dict[str, Any]:
        """setBase: only the keys that were sent change; a uuid that is not there is created (it is an upsert)."""
        record = self.saved.get(uuid)
        if record is None:
            if not UUID.match(uuid):
                return {'result': 'failed'}
            record = {name: field.default for name, field in self.model.fields.items()}
            self._number(record)
        return self._write(uuid, self._merged(record, sent, overlay), with_uuid=False)

    def delete(self, uuid: str) -> dict[str, Any]:
        """delBase: `not found` where there is nothing, which is no error."""
        before = self.saved.pop(uuid, None)
        if before is None:
            return {'result': 'not found'}
        self.router.wrote(self.section, uuid, before, None)
        return {'result': 'deleted'}

    def get(self, uuid: str | None) -> Any:
        """getBase: options as maps of what is selected; an empty list for a uuid that is not there."""
        if uuid is None:
            record = {name: field.default for name, field in self.model.fields.items()}
        elif uuid in self.saved:
            record = self.saved[uuid]
        else:
            return []
        nodes: dict[str, Any] = {}
        for name, field in self.model.fields.items():
            *outer, last = name.split('.')
            inner = nodes
            for step in outer:
                inner = inner.setdefault(step, {})
            inner[last] = field.shown(record[name], self.router)
        return {self.model.key: nodes}

    def rows(self) -> list[dict[str, Any]]:
        """Every record as a search lists it: values, and beside one that people see otherwise, that as %field.

        Records of the same place are in the order of their uuids, which is by chance: which of two identical rules
        OPNsense lists first varies, and nobody may rely on it.
        """
        rows = []
        for uuid, record in sorted(self.saved.items(), key=lambda item: (_natural(item[1][self.model.sort]), item[0])):
            row: dict[str, Any] = {'uuid': uuid}
            for name, field in self.model.fields.items():
                row[name] = record[name]
                described = field.described(record[name], self.router)
                if described != record[name]:
                    row[f'%{name}'] = described
            rows.append(row)
        return rows

    def _merged(self, record: Record, sent: Any, overlay: Record) -> Record:
        fields = self.model.fields
        return {**record, **{name: fields[name].clean(value) for name, value in flattened(sent, fields).items()},
                **overlay}

    def _write(self, uuid: str, record: Record, with_uuid: bool) -> dict[str, Any]:
        wrong = self._validations(uuid, record)
        if wrong:
            return {'result': 'failed', 'validations': wrong}
        before = self.saved.get(uuid)
        self.saved[uuid] = record
        self.router.wrote(self.section, uuid, before, record)
        return {'result': 'saved', 'uuid': uuid} if with_uuid else {'result': 'saved'}

    def _validations(self, uuid: str, record: Record) -> dict[str, Any]:
        """What is wrong, by field as the request names it; one message is text and several are a list."""
        wrong: dict[str, list[str]] = {}
        for name, field in self.model.fields.items():
            for message in field.faults(record[name], self.router):
                wrong.setdefault(name, []).append(message)
        for unique in self.model.unique:
            others = [other for key, other in self.saved.items() if key != uuid]
            if record[unique.at] and any(unique.key(other) == unique.key(record) for other in others):
                wrong.setdefault(unique.at, []).append(unique.message)
        for name, message in self.model.check(self.router, uuid, record).items():
            wrong.setdefault(name, []).append(message)
        return {f'{self.model.key}.{name}': messages[0] if len(messages) == 1 else messages
                for name, messages in wrong.items()}

    def _number(self, record: Record) -> None:
        """Numbers that OPNsense gives where none is sent (AutoNumberField, FilterSequenceField)."""
        if 'subnet_id' in self.model.fields:
            taken = {int(other['subnet_id']) for other in self.saved.values()}
            record['subnet_id'] = str(next(number for number in range(1, 10_000) if number not in taken))
        if 'sequence' in self.model.fields:
            record['sequence'] = str(max([1, *(int(other['sequence']) for other in self.saved.values())]) + 100)


def flattened(sent: Any, fields: Any, prefix: str = '') -> Record:
    """The known keys of a request's object by dotted name, as text; a list where text belongs ends with a 500."""
    if not isinstance(sent, dict):
        raise RouterError('Unexpected error, check log for details')
    flat: Record = {}
    for key, value in sent.items():
        name = f'{prefix}{key}'
        if value is None:
            continue
        if name in fields:
            if isinstance(value, (dict, list)):
                raise RouterError('Unexpected error, check log for details')
            flat[name] = {True: '1', False: ''}[value] if isinstance(value, bool) else str(value)
        elif any(known.startswith(f'{name}.') for known in fields):
            flat.update(flattened(value, fields, f'{name}.'))
    return flat


def page(rows: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """A search's answer: rowCount -1 is all rows, and total counts every row that matches (UIModelGrid)."""
    words = str(asked.get('searchPhrase', '')).lower().split()
    found = [row for row in rows if all(any(word in str(value).lower() for value in row.values()) for word in words)]
    count, current = int(asked.get('rowCount', -1)), int(asked.get('current', 1))
    shown = found if count == -1 else found[count * (current - 1):count * current]
    return {'total': len(found), 'rowCount': len(shown), 'current': current, 'rows': shown}


def _natural(text: str) -> list[Any]:
    return [(int(part), '') if part.isdigit() else (-1, part.lower()) for part in re.split(r'(\d+)', text)]
