"""Where a name is used in the configuration: aliases and interface groups in rules, and one alias in another."""

from collections.abc import Iterator
from typing import Any

from .models import Record

# Sections whose rules may name an alias, as errors call them, and their fields (Firewall/Alias.php:104, getAliasSource).
ENDS = ('source_net', 'source_port', 'destination_net', 'destination_port')
ALIAS_SOURCES: dict[str, tuple[str, dict[str, str]]] = {
    'dnat': ('nat.rule', {'source.network': 'source.network', 'source.port': 'source.port',
                          'destination.network': 'destination.network', 'destination.port': 'destination.port',
                          'target': 'target', 'local-port': 'local-port'}),
    'one_to_one': ('OPNsense.Firewall.Filter.onetoone.rule', {name: name for name in ('source_net', 'destination_net')}),
    'rule': ('OPNsense.Firewall.Filter.rules.rule', {name: name for name in ENDS}),
    'source_nat': ('OPNsense.Firewall.Filter.snatrules.rule', {name: name for name in (*ENDS, 'target')}),
}
# Aliases of these types have no names of others in them (Firewall/Alias.php:202).
NO_NAMES = ('geoip', 'urltable')


def of_alias(router: Any, name: str) -> Iterator[tuple[str, str]]:
    """References and descriptions of what uses an alias; a rule is told by its place alone, without a description: legacy
    rules have it in another field (Firewall/Alias.php:193)."""
    for section, (path, fields) in ALIAS_SOURCES.items():
        for field, shown in fields.items():
            for index, record in enumerate(router.saved[section].values()):
                if name in record[field].split(','):
                    yield f'{path}.{index}/{shown}', record['descr'] if section == 'dnat' else ''
    for uuid, alias in router.saved['alias'].items():
        if alias['type'] not in NO_NAMES and name in alias['content'].split('\n'):
            yield f'aliases.alias.{uuid}', alias['description'] or alias['name']


def rename_alias(router: Any, old: str, new: str) -> None:
    """Users of an alias use it under its new name (Firewall/Alias.php:221, refactor)."""
    for section, (_path, fields) in ALIAS_SOURCES.items():
        for uuid, record in router.saved[section].items():
            for field in fields:
                _replace(router, section, uuid, field, ',', old, new)
    for uuid, alias in router.saved['alias'].items():
        if alias['type'] != 'geoip':
            _replace(router, 'alias', uuid, 'content', '\n', old, new)


def of_group(router: Any, name: str) -> Iterator[tuple[str, str]]:
    """References and descriptions of the rules that name an interface group (Firewall/Group.php:119)."""
    for section, path in (('dnat', 'nat.rule'), ('rule', 'OPNsense.Firewall.Filter.rules.rule'),
                          ('source_nat', 'OPNsense.Firewall.Filter.snatrules.rule'),
                          ('one_to_one', 'OPNsense.Firewall.Filter.onetoone.rule')):
        for uuid, record in router.saved[section].items():
            if any(name in record.get(field, '').split(',') for field in GROUP_FIELDS):
                yield f'{path}.{uuid}', record.get('description', record.get('descr', ''))


def rename_group(router: Any, old: str, new: str) -> None:
    """Rules that named a group name it anew (Firewall/Group.php:78, refactor)."""
    for section in ALIAS_SOURCES:
        for uuid, record in router.saved[section].items():
            for field in GROUP_FIELDS:
                if field in record:
                    _replace(router, section, uuid, field, ',', old, new)


GROUP_FIELDS = ('interface', 'source_net', 'destination_net', 'source.network', 'destination.network', 'target')


def _replace(router: Any, section: str, uuid: str, field: str, separator: str, old: str, new: str) -> None:
    before: Record = router.saved[section][uuid]
    items = list(dict.fromkeys(before[field].split(separator)))
    if old in items:
        items[items.index(old)] = new
        router.saved[section][uuid] = {**before, field: separator.join(items)}
        router.wrote(section, uuid, before, router.saved[section][uuid])
