"""Compares an answer that was recorded with what a simulator answers."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

# Characters of a value that a difference shows.
SHOWN_MAX = 160

Place = tuple[str, ...]


def compared(recorded: Any, simulated: Any, at: str = '') -> Iterator[str]:
    """Every difference between two answers; a field that only the recorded one has is none in a record, where the
    simulator holds what tenants need (missing() tells of it)."""
    if isinstance(recorded, dict) and isinstance(simulated, dict):
        for key in sorted({*simulated, *({} if _is_record(recorded, at) else recorded)}):
            where = f'{at}.{key}' if at else key
            if key not in simulated:
                yield f'{where}: {_short(recorded[key])}, here missing'
            elif key not in recorded:
                yield f'{where}: missing, here {_short(simulated[key])}'
            else:
                yield from compared(recorded[key], simulated[key], where)
    elif isinstance(recorded, list) and isinstance(simulated, list):
        if len(recorded) != len(simulated):
            yield f'{at}: {len(recorded)} entries, here {len(simulated)}'
        if at == 'answer.rows' and recorded and simulated:
            shared = sorted({name for row in recorded for name in row} & {name for row in simulated for name in row})
            recorded, simulated = (_without_chance(rows, shared) for rows in (recorded, simulated))
        for index, (one, other) in enumerate(zip(recorded, simulated)):
            yield from compared(one, other, f'{at}[{index}]')
    elif type(recorded) is not type(simulated) or recorded != simulated:
        yield f'{at}: {_short(recorded)}, here {_short(simulated)}'


def _is_record(answer: dict[str, Any], at: str) -> bool:
    """A row of a search or of an export, or what a get has below the noun; the rest of an answer is compared whole."""
    options = all(isinstance(one, dict) and 'selected' in one for one in answer.values())
    return (re.match(r'answer(\.rows)?\[|answer\.(?!validations)\w+', at) is not None) and not (answer and options)


def fields(answer: Any, at: Place = ()) -> Iterator[Place]:
    """Every place of a value in an answer, the entries of a list taken as one."""
    if isinstance(answer, dict):
        for key, inner in answer.items():
            yield (*at, key)
            yield from fields(inner, (*at, key))
    elif isinstance(answer, list):
        for inner in answer:
            yield from fields(inner, (*at, '[]'))


def missing(recorded: set[Place], held: set[Place]) -> list[str]:
    """Places that only recorded answers have, in what both have."""
    above = {*held, *((*place, '[]') for place in held)}
    return sorted('.'.join(place[1:]).replace('.[]', '[]') for place in recorded - held if place[:-1] in above)


def _place(row: Any) -> Any:
    """Where a row is in a search, as far as it is no chance: records of one place are in the order of their UUIDs."""
    if not isinstance(row, dict):
        return id(row)
    return row.get('sort_order') or str(row.get('name') or row.get('hw_address') or id(row)).lower()


def _without_chance(rows: list[Any], shared: Iterable[str]) -> list[Any]:
    """Rows in an order of which none is by chance."""
    return [row for _at, same in itertools.groupby(rows, _place)
            for row in sorted(same, key=lambda row: json.dumps([row.get(name) for name in shared]))]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_MAX else f'{text[:SHOWN_MAX]}…'
