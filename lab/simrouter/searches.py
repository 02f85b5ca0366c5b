"""Searches: which records are found, in which order and on which page (below src/opnsense/mvc/app of opnsense/core 26.7.2)."""

import html
from collections.abc import Callable, Iterator
from typing import Any

from . import php

Row = dict[str, Any]


def grid(rows: list[Row], asked: dict[str, Any], sort: str) -> dict[str, Any]:
    """A search for records of one kind (library/OPNsense/Base/UIModelGrid.php:113): every word must be in what people see of some
    field, a whole uuid finds its record (ApiMutableModelControllerBase.php, searchBase), and `0` is no word. Records of the same
    place are in the order of their uuids, which is by chance (ArrayField.php:216): nobody may rely on it."""
    by, way = _order(asked, sort)
    if by:
        rows = sorted(rows, key=lambda row: (php.natural(str(row.get(f'%{by}', row.get(by, '')))), row['uuid']),
                      reverse=way == 'desc')
    # The phrase comes through the filter `string`, which escapes HTML.
    phrase = html.escape(php.text(asked.get('searchPhrase'))).replace('&#x27;', '&#039;')
    words = [php.lower(word) for word in phrase.split(' ') if not php.is_empty(word)]
    whole = any(php.is_uuid(word) for word in phrase.split(' '))
    found = _found(rows, words, lambda row: _seen(row, whole))
    count, current = _number(asked, 'rowCount', -1), _number(asked, 'current', 1)
    shown = found if count == -1 else found[max(count * (current - 1), 0):][:max(count, 0)]
    return {'total': len(found), 'rowCount': len(shown), 'current': current, 'rows': shown}


def recordset(rows: list[Row], asked: dict[str, Any], sort: str, beside: Callable[[Row], list[str]] = lambda row: []
              ) -> dict[str, Any]:
    """A search over rows of more than one kind (ApiControllerBase.php:85): every word must be somewhere in the row, or in what is
    beside it. It hears the request's body alone."""
    by, way = _order(asked, sort)
    rows = sorted(rows, key=lambda row: (php.natural(str(row.get(by) or '')), str(row.get('uuid', ''))),
                  reverse=way not in ('', 'asc'))
    words = php.lower(php.text(asked.get('searchPhrase'))).split()
    found = _found(rows, words, lambda row: [php.lower(text) for text in (*_texts(row), *beside(row))])
    count, current = _number(asked, 'rowCount', 9999), _number(asked, 'current', 1)
    count = len(rows) if count == -1 else count
    shown = _slice(found, (current - 1) * count, count)
    return {'total': len(found), 'rowCount': len(shown), 'current': current, 'rows': shown}


def _seen(row: Row, whole: bool) -> list[str]:
    values = [row.get(f'%{name}', value) for name, value in row.items() if name[0] != '%' and (whole or name != 'uuid')]
    return [php.lower(php.text(value)) for value in values if not php.is_empty(value)]


def _found(rows: list[Row], words: list[str], texts_of: Callable[[Row], list[str]]) -> list[Row]:
    """Rows that have every word in one of their texts; without words none is looked through."""
    return [row for row in rows if _has(words, texts_of(row))] if words else rows


def _has(words: list[str], texts: list[str]) -> bool:
    return all(any(word in text for text in texts) for word in words)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    else:
        yield php.text(value)


def _order(asked: dict[str, Any], default: str) -> tuple[str, str]:
    sort = asked.get('sort')
    by = next(iter(sort)) if isinstance(sort, dict) and sort else None
    return (by, php.text(sort[by])) if by is not None else (default, '')


def _number(asked: dict[str, Any], name: str, default: int) -> int:
    value = asked.get(name)
    return default if value is None else php.integer(value)


def _slice(found: list[Row], offset: int, length: int) -> list[Row]:
    """array_slice(): what is below 0 counts from the end."""
    start = offset if offset >= 0 else max(len(found) + offset, 0)
    return found[start:start + length if length >= 0 else length]
