"""The router's filter rules as an nftables ruleset. Pure.

As pf evaluates them on OPNsense: on the way in, by interface and family, the first match of `quick` rules decides, OPNsense's own
rules first, then those of several interfaces, of interface groups by the groups' sequence, and of one, each kind by sequence;
what no rule matches is blocked; what a connection's state belongs to passes, also once no rule would let it in: a reload kills
no state. What the router sends itself passes.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import plan

VERDICTS = {'pass': 'accept', 'block': 'drop', 'reject': 'reject'}
# Families of rules with the word that nftables has for their addresses.
FAMILIES = {'inet': 'ip', 'inet6': 'ip6'}
# Kinds of aliases whose addresses stand in them.
ADDRESSES = ('network', 'host')
# Mark of a connection that a port forward itself lets in.
FORWARDED = 1


@dataclass(frozen=True)
class Words:
    """Addresses and devices that the rules' own words stand for."""

    interfaces: Sequence[plan.Interface]
    # Names of address aliases.
    aliases: frozenset[str]
    # Members of interface groups and the groups' sequence, by name.
    groups: Mapping[str, tuple[frozenset[str], int]]


def ruleset(router: plan.Record) -> str:
    """The ruleset, which replaces the one before; raises PlanError for a rule that is not modelled."""
    interfaces = plan.interfaces(router)
    aliases = {alias['name']: alias for alias in router['aliases'] if alias['type'] in ADDRESSES}
    groups = {group['ifname']: (frozenset(group['members'].split(',')), int(group['sequence'] or 0))
              for group in router['groups']}
    words = Words(interfaces, frozenset(aliases), groups)
    ordered = sorted((rule for rule in router['rules'] if plan.on(rule, 'enabled', True)), key=lambda rule: _order(rule, groups))
    chains = [_chain(interface, family, ordered, words) for interface in interfaces for family in FAMILIES]
    hooks = [_block(f'chain {hook}', [
        f'type filter hook {hook} priority filter; policy drop;', 'ct state established,related accept',
        'ct state invalid drop', f'ct mark {FORWARDED} accept', 'iifname "lo" accept',
        *(_jump(interfaces, family) for family in FAMILIES)]) for hook in ('input', 'forward')]
    sets = [_set(name, alias) for name, alias in sorted(aliases.items())]
    return '\n'.join(['table inet router {}', 'delete table inet router',
                      _block('table inet router', [*sets, *chains, *hooks, _forwards(router, words)]), ''])


def _jump(interfaces: Sequence[plan.Interface], family: str) -> str:
    jumps = ', '.join(f'"{one.device}" : goto {family}_{one.identifier}' for one in interfaces)
    return f'meta nfproto ipv{"6" if family == "inet6" else "4"} iifname vmap {{ {jumps} }}'


def _order(rule: plan.Record, groups: Mapping[str, Any]) -> tuple[int, int]:
    """OPNsense's own rules are first; then as Firewall/FieldTypes/FilterRuleField.php:123 of opnsense/core has it."""
    sequence = int(rule.get('sequence') or 0)
    if rule.get('is_automatic'):
        return 0, sequence
    if _floating(rule):
        return 200000, sequence
    name = rule['interface']
    return (300000 + groups[name][1] if name in groups else 400000), sequence


def _floating(rule: plan.Record) -> bool:
    return not rule.get('interface') or ',' in rule['interface'] or plan.on(rule, 'interfacenot', False)


def _chain(interface: plan.Interface, family: str, rules: Iterable[plan.Record], words: Words) -> str:
    lines = [line for rule in rules if _applies(rule, interface, family, words) for line in _lines(rule, family, words)]
    return _block(f'chain {family}_{interface.identifier}', lines)


def _applies(rule: plan.Record, interface: plan.Interface, family: str, words: Words) -> bool:
    if rule.get('ipprotocol') not in (family, 'inet46', '', None):
        return False
    if rule.get('is_automatic'):
        return _own_applies(rule, interface)
    if _is_on(rule['interface'], interface, words) == plan.on(rule, 'interfacenot', False):
        return False
    if rule.get('direction', 'in') == 'out' or not plan.on(rule, 'quick', True) or rule.get('source_port'):
        raise plan.PlanError(f'rule {rule["description"]!r}: direction out, not quick and source ports are not modelled')
    return True


def _is_on(names: str, interface: plan.Interface, words: Words) -> bool:
    """Whether a list of interfaces and groups holds an interface; an empty one holds all."""
    members = {member for name in names.split(',') for member in words.groups.get(name, (frozenset([name]), 0))[0]}
    return names == '' or interface.identifier in members


def _own_applies(rule: plan.Record, interface: plan.Interface) -> bool:
    """Whether a rule that OPNsense makes itself is in an interface's chain: those that let in, which name the interface by its
    description. Its blocks are the policy of the chains, and what the router itself sends passes none of them."""
    named = rule.get('interface') or ''
    return (rule['action'] == 'pass' and rule.get('direction', 'in') == 'in'
            and named in ('', interface.identifier, interface.description))


def _lines(rule: plan.Record, family: str, words: Words) -> list[str]:
    """One line for each pair of addresses of a rule."""
    source = _addresses('saddr', rule.get('source_net') or 'any', plan.on(rule, 'source_not', False), family, words)
    target = _addresses('daddr', rule.get('destination_net') or 'any', plan.on(rule, 'destination_not', False), family, words)
    what = _what(rule)
    verdict = f'counter {VERDICTS[rule["action"]]} comment "{_quoted(rule["description"])}"'
    return [' '.join(part for part in (one, other, what, verdict) if part) for one in source for other in target]


def _what(rule: plan.Record) -> str:
    protocol, port = str(rule.get('protocol') or 'any').lower(), rule.get('destination_port') or ''
    if port:
        names = '{ tcp, udp }' if protocol == 'tcp/udp' else protocol
        return f'meta l4proto {names} th dport {port}'
    if rule.get('icmp6-type'):
        return f'icmpv6 type {{ {", ".join(rule["icmp6-type"].split(","))} }}'
    return '' if protocol == 'any' else f'meta l4proto {"{ tcp, udp }" if protocol == "tcp/udp" else protocol}'


def _addresses(field: str, text: str, negated: bool, family: str, words: Words) -> list[str]:
    """Matches of some addresses; those of the other family match nothing (a rule of OPNsense's own may be for both)."""
    parts = text.split(',')
    if negated and len(parts) > 1:
        raise plan.PlanError(f'a rule with all but several addresses is not modelled: {text}')
    matches = [_address(field, word, '!= ' if negated else '', family, words) for word in parts]
    return [one for one in matches if one is not None]


def _address(field: str, word: str, no: str, family: str, words: Words) -> str | None:
    """A match of an address; None for an address of the other family."""
    if word == 'any' and not no:
        return ''
    if word == '(self)':
        return f'fib {field} type {no}local'
    ip = FAMILIES[family]
    for one in words.interfaces:
        if word in (one.identifier, f'{one.identifier}ip') and family == 'inet':
            return f'ip {field} {no}{one.address.ip if word.endswith("ip") else one.address.network}'
    if word in words.aliases and family == 'inet':
        return f'ip {field} {no}@alias_{word}'
    try:
        network = ipaddress.ip_network(word)
    except ValueError:
        raise plan.PlanError(f'a rule names {word}, which the router does not have, or not for {family}') from None
    return f'{ip} {field} {no}{network}' if network.version == (6 if family == 'inet6' else 4) else None


def _forwards(router: plan.Record, words: Words) -> str:
    """Port forwards and other translations (opnsense/core, Firewall/ForwardRule.php:105): `rdr pass` lets in by itself."""
    for kind in ('source_nat', 'one_to_one'):
        if any(plan.on(rule, 'enabled', True) for rule in router[kind]):
            raise plan.PlanError(f'{kind} is not modelled')
    lines = [line for rule in sorted(router['dnat'], key=lambda one: int(one['sequence']))
             if not plan.on(rule, 'disabled', False) for line in _forward(rule, words)]
    return _block('chain forwards', ['type nat hook prerouting priority dstnat; policy accept;', *lines])


def _forward(rule: plan.Record, words: Words) -> list[str]:
    about = f'port forward {rule["descr"]!r}'
    if rule['nordr'] == '1' or rule['pass'] == 'rule' or rule['ipprotocol'] != 'inet' or rule['source.port']:
        raise plan.PlanError(f'{about}: without redirection, with a rule of its own, IPv6 and source ports are not modelled')
    source, = _addresses('saddr', rule['source.network'] or 'any', rule['source.not'] == '1', 'inet', words)
    target, = _addresses('daddr', rule['destination.network'] or 'any', rule['destination.not'] == '1', 'inet', words)
    what = _what({'protocol': rule['protocol'], 'destination_port': rule['destination.port']})
    to = f'dnat ip to {rule["target"]}' + (f':{rule["local-port"]}' if rule['local-port'] else '')
    mark = f'ct mark set {FORWARDED}' if rule['pass'] == 'pass' else ''
    return [' '.join(part for part in (f'iifname "{one.device}"', source, target, what, mark, to) if part)
            for one in words.interfaces if _is_on(rule['interface'], one, words)]


def _set(name: str, alias: plan.Record) -> str:
    """The table of an alias, which is empty where the alias is disabled."""
    elements = ', '.join(alias['content'].split()) if plan.on(alias, 'enabled', True) else ''
    return _block(f'set alias_{name}', ['type ipv4_addr; flags interval; auto-merge;',
                                        *([f'elements = {{ {elements} }}'] if elements else [])])


def _block(head: str, lines: Iterable[Any]) -> str:
    return '\n'.join([f'{head} {{', *lines, '}'])


def _quoted(text: str) -> str:
    """A comment of nftables, which holds 128 bytes and no quotation mark."""
    return text.replace('"', "'").encode()[:120].decode(errors='ignore')
