"""Checks of JSON that a test sends: a state that makes no sense would make a test that tests nothing."""

from collections.abc import Mapping
from typing import Any

MISSING = type(None)
Types = type | tuple[type, ...]


def require(where: str, found: Any, keys: Mapping[str, Types]) -> None:
    """Raises ValueError unless `found` is an object with exactly these keys and types; a bool is no number."""
    if not isinstance(found, dict):
        raise ValueError(f'{where or "all"}: {found!r} is no object')
    for key in sorted({*found} ^ {*keys}):
        raise ValueError(f'{_at(where, key)} is {"missing" if key in keys else "unknown"}')
    for key, types in keys.items():
        value = found[key]
        allowed = types if isinstance(types, tuple) else (types,)
        if type(value) not in allowed:
            raise ValueError(f'{_at(where, key)}: {value!r} is no {" or ".join(one.__name__ for one in allowed)}')


def require_same(found: Any, sent: Any, where: str = '') -> None:
    """Raises ValueError, naming the place, where what was put back is not what was sent."""
    if isinstance(found, dict) and isinstance(sent, dict):
        for key in sorted({*found, *sent}, key=str):
            require_same(found.get(key, '(nothing)'), sent.get(key, '(nothing)'), _at(where, key))
    elif type(found) is not type(sent) or found != sent:
        raise ValueError(f'{where}: {sent!r} would be {found!r}')


def _at(where: str, key: str) -> str:
    return f'{where}.{key}' if where else key
