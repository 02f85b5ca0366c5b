"""PHP's own filters and comparisons, where OPNsense leaves a decision to them (PHP 8.3, ext/filter/logical_filters.c)."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

# Characters of a domain name, and of one label of it.
DOMAIN_MAX, LABEL_MAX = 253, 63
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


def is_domain(text: str, hostname: bool) -> bool:
    """FILTER_VALIDATE_DOMAIN, `hostname` with FILTER_FLAG_HOSTNAME: letters, digits and dashes inside labels alone."""
    name = text.removesuffix('.')
    if len(name) > DOMAIN_MAX or name.startswith('.') or '..' in text:
        return False
    labels = name.split('.')
    return all(len(label) <= LABEL_MAX and (not hostname or re.fullmatch('[a-z0-9]([a-z0-9-]*[a-z0-9])?', label, re.I))
               for label in labels)


def natural(text: str) -> list[Any]:
    """Key of SORT_NATURAL | SORT_FLAG_CASE: numbers by their value, and upper case, so that `_` comes after letters."""
    return [int(part) if part.isdigit() else part.upper() for part in re.split(r'(\d+)', text)]


def naturally(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """natcasesort(): a map in the order of its values."""
    return dict(sorted(pairs, key=lambda pair: natural(pair[1])))
