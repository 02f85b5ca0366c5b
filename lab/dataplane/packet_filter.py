"""The router's filter rules as an nftables ruleset. Pure.

As pf evaluates them on OPNsense: on the way in, by interface, the first match of `quick` rules decides, rules on several
interfaces before those of one, each kind by sequence; what no rule matches is blocked; what a connection's state belongs
to passes. What the router sends itself passes.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from . import plan

VERDICTS = {'pass': 'accept', 'block': 'drop', 'reject': 'reject'}


@dataclass(frozen=True)
class Words:
    """What the rules' own words for addresses stand for."""

    interfaces: Sequence[plan.Interface]
    # Names of address aliases.
    aliases: frozenset[str]


def ruleset(router: plan.Record) -> str:
    """The ruleset, which replaces the one before; raises PlanError for a rule that is not modelled."""
    interfaces = plan.interfaces(router)
    aliases = {alias['name']: alias for alias in router['aliases']
               if plan.on(alias, 'enabled', True) and alias['type'] in ('network', 'host')}
    words = Words(interfaces, frozenset(aliases))
    ordered = sorted((rule for rule in router['rules'] if plan.on(rule, 'enabled', True)), key=_order)
    chains = [_chain(interface, ordered, words) for interface in interfaces]
    jumps = ', '.join(f'"{one.device}" : goto in_{one.identifier}' for one in interfaces)
    hooks = [_block(f'chain {hook}', [
        f'type filter hook {hook} priority filter; policy drop;', 'ct state established,related accept',
        'ct state invalid drop', 'iifname "lo" accept', f'iifname vmap {{ {jumps} }}']) for hook in ('input', 'forward')]
    sets = [_set(name, alias['content']) for name, alias in sorted(aliases.items())]
    return '\n'.join(['table inet router {}', 'delete table inet router',
                      _block('table inet router', [*sets, *chains, *hooks]), ''])


def _order(rule: plan.Record) -> tuple[bool, bool, int]:
    """OPNsense's own rules are first, then floating ones, then those of one interface."""
    return not rule.get('is_automatic'), not _floating(rule), int(rule.get('sequence') or 0)


def _floating(rule: plan.Record) -> bool:
    return not rule.get('interface') or ',' in rule['interface'] or plan.on(rule, 'interfacenot', False)


def _chain(interface: plan.Interface, rules: Iterable[plan.Record], words: Words) -> str:
    lines = [line for rule in rules if _applies(rule, interface) for line in _lines(rule, words)]
    return _block(f'chain in_{interface.identifier}', lines)


def _applies(rule: plan.Record, interface: plan.Interface) -> bool:
    if rule.get('is_automatic'):
        return _own_applies(rule, interface)
    named = rule['interface'] == '' or interface.identifier in rule['interface'].split(',')
    if named == plan.on(rule, 'interfacenot', False) or rule.get('ipprotocol') == 'inet6':
        return False
    if rule.get('direction', 'in') == 'out' or not plan.on(rule, 'quick', True) or rule.get('source_port'):
        raise plan.PlanError(f'rule {rule["description"]!r}: direction out, not quick and source ports are not modelled')
    return True


def _own_applies(rule: plan.Record, interface: plan.Interface) -> bool:
    """Whether a rule that OPNsense makes itself is in an interface's chain: those that let in, which name the interface by its
    description. Its blocks are the policy of the chains, and what the router itself sends passes none of them."""
    named = rule.get('interface') or ''
    return (rule['action'] == 'pass' and rule.get('direction', 'in') == 'in' and rule.get('ipprotocol') != 'inet6'
            and named in ('', interface.identifier, interface.description))


def _lines(rule: plan.Record, words: Words) -> list[str]:
    """One line for each pair of addresses of a rule."""
    source = _addresses('saddr', rule.get('source_net') or 'any', plan.on(rule, 'source_not', False), words)
    target = _addresses('daddr', rule.get('destination_net') or 'any', plan.on(rule, 'destination_not', False), words)
    what = _what(rule)
    verdict = f'counter {VERDICTS[rule["action"]]} comment "{_quoted(rule["description"])}"'
    return [' '.join(part for part in (one, other, what, verdict) if part) for one in source for other in target]


def _what(rule: plan.Record) -> str:
    protocol, port = str(rule.get('protocol') or 'any').lower(), rule.get('destination_port') or ''
    if port:
        names = '{ tcp, udp }' if protocol == 'tcp/udp' else protocol
        return f'meta l4proto {names} th dport {port}'
    return '' if protocol == 'any' else f'meta l4proto {"{ tcp, udp }" if protocol == "tcp/udp" else protocol}'


def _addresses(field: str, text: str, negated: bool, words: Words) -> list[str]:
    parts = text.split(',')
    if negated and len(parts) > 1:
        raise plan.PlanError(f'a rule with all but several addresses is not modelled: {text}')
    return [_address(field, word, '!= ' if negated else '', words) for word in parts]


def _address(field: str, word: str, no: str, words: Words) -> str:
    if word == 'any' and not no:
        return ''
    if word == '(self)':
        return f'fib {field} type {no}local'
    if word in words.aliases:
        return f'ip {field} {no}@alias_{word}'
    for one in words.interfaces:
        if word in (one.identifier, f'{one.identifier}ip'):
            return f'ip {field} {no}{one.address.ip if word.endswith("ip") else one.address.network}'
    try:
        return f'ip {field} {no}{ipaddress.IPv4Network(word)}'
    except ValueError:
        raise plan.PlanError(f'a rule names {word}, which the router does not have') from None


def _set(name: str, content: str) -> str:
    elements = ', '.join(content.split())
    return _block(f'set alias_{name}', ['type ipv4_addr; flags interval; auto-merge;', f'elements = {{ {elements} }}'])


def _block(head: str, lines: Iterable[Any]) -> str:
    return '\n'.join([f'{head} {{', *lines, '}'])


def _quoted(text: str) -> str:
    """A comment of nftables, which holds 128 bytes and no quotation mark."""
    return text.replace('"', "'").encode()[:120].decode(errors='ignore')
