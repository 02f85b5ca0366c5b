"""PHP's own filters and comparisons, where OPNsense leaves a decision to them (PHP 8.3, ext/filter/logical_filters.c)."""

import ipaddress
import re
import string
import urllib.parse
from collections.abc import Iterable
from typing import Any

# Characters of a domain name, and of one label of it.
DOMAIN_MAX, LABEL_MAX = 253, 63
LABEL = re.compile('[a-z0-9]([a-z0-9-]*[a-z0-9])?', re.IGNORECASE | re.ASCII)
UUID = re.compile('[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
INTEGER = re.compile(r'[+-]?(0|[1-9]\d*)')
NUMBER = re.compile(r'[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?')
MAC = re.compile(r'([0-9a-f]{2}-){5}[0-9a-f]{2}|([0-9a-f]{2}:){5}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4}', re.IGNORECASE)


def is_address(text: str) -> bool:
    """FILTER_VALIDATE_IP: no zone of an IPv6 address, no leading zeros."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return '%' not in text


def is_integer(text: str) -> bool:
    """FILTER_VALIDATE_INT: white space around it is none of it."""
    return INTEGER.fullmatch(text.strip()) is not None


def is_number(text: str) -> bool:
    """is_numeric()."""
    return NUMBER.fullmatch(text.strip()) is not None


def is_mac(text: str) -> bool:
    """FILTER_VALIDATE_MAC: with colons, with dashes, or in three groups with dots."""
    return MAC.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """OPNsense's own test of a random UUID, in lower case alone (library/OPNsense/Core/Type.php)."""
    return UUID.fullmatch(text) is not None


def is_domain(text: str, hostname: bool) -> bool:
    """FILTER_VALIDATE_DOMAIN, `hostname` with FILTER_FLAG_HOSTNAME: letters, digits and dashes inside labels alone. Lengths are of
    bytes, and without the flag nothing at all is a domain, too."""
    name = text.removesuffix('.')
    if len(name.encode()) > DOMAIN_MAX or name.startswith('.') or '..' in text or (hostname and not name):
        return False
    return all(len(label.encode()) <= LABEL_MAX and (not hostname or LABEL.fullmatch(label)) for label in name.split('.'))


def text(value: Any) -> str:
    """A value of JSON cast to a string, with the 14 digits of PHP's `precision`."""
    if isinstance(value, bool) or value is None:
        return '1' if value else ''
    return f'{value:.14G}' if isinstance(value, float) else str(value)


def lower(value: str) -> str:
    """strtolower() since PHP 8.2: ASCII letters alone."""
    return value.translate(LOWER)


def integer(value: Any) -> int:
    """The `int` of OPNsense's SanitizeFilter: what is no digit and no sign is dropped first."""
    found = re.match('[+-]?[0-9]+', re.sub('[^0-9+-]', '', text(value)))
    return int(found[0]) if found else 0


def is_empty(value: Any) -> bool:
    """empty()."""
    return not value or value == '0'


def form(body: str) -> dict[str, Any]:
    """$_POST of a form, where `a[b]` is the field b of a."""
    fields: dict[str, Any] = {}
    for name, value in urllib.parse.parse_qsl(body, keep_blank_values=True):
        *outer, last = [part.rstrip(']') for part in name.split('[')]
        inner = fields
        for step in outer:
            if not isinstance(inner.get(step), dict):
                inner[step] = {}
            inner = inner[step]
        inner[last] = value
    return fields


def natural(text: str) -> list[Any]:
    """Key of SORT_NATURAL | SORT_FLAG_CASE: numbers by their value, and upper case, so that `_` comes after letters."""
    return [int(part) if part.isdigit() else part.upper() for part in re.split(r'(\d+)', text)]


def naturally(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """natcasesort(): a map in the order of its values."""
    return dict(sorted(pairs, key=lambda pair: natural(pair[1])))
