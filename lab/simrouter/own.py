"""Things that OPNsense makes itself beside the configuration: interfaces, aliases and rules (opnsense/core 26.7.2)."""

import hashlib
import json
from typing import Any

Row = dict[str, Any]

# Aliases that are always there (src/opnsense/mvc/app/models/OPNsense/Firewall/static_aliases/core.json).
STATIC_ALIASES = {'bogons': 'bogon networks (internal)', 'bogonsv6': 'bogon networks IPv6 (internal)',
                  'virusprot': 'overload table for rate limiting (internal)',
                  'sshlockout': 'abuse lockout table (internal)'}
# Where the router's own shell and pages are, and its page that leads to them.
SHELL, PAGES, PLAIN_PAGES = 22, '443', '80'
RFC4890 = 'system_advanced_firewall.php#no_ipv6_rfc4890_req'
LINK_LOCAL, MULTICAST = 'fe80::/10', 'ff02::/16'
# Fields that OPNsense's own rules have in common (src/etc/inc/filter.lib.inc:34).
PASS, BLOCK = ({'type': kind, 'log': True, 'disablereplyto': 1} for kind in ('pass', 'block'))
# Names of a rule's parts inside OPNsense, and in a search (src/opnsense/scripts/filter/list_non_mvc_rules.php:51).
NAMES = {'type': 'action', 'reply-to': 'replyto', 'descr': 'description', 'from': 'source_net', 'from_port': 'source_port',
         'to': 'destination_net', 'to_port': 'destination_port', '#ref': 'ref'}
ENDS = ('source_net', 'source_port', 'destination_net', 'destination_port')


def interfaces(router: Any) -> dict[str, Row]:
    """Every interface of the configuration by identifier, with loopback and the interface groups, which are virtual."""
    named = {name: {'description': one['description'] or name.upper(), 'virtual': False}
             for name, one in router.interfaces.items()}
    groups = {group['ifname']: {'description': group['ifname'], 'virtual': True}
              for group in router.saved['group'].values()}
    return {**named, 'lo0': {'description': 'Loopback', 'virtual': True}, **groups}


def aliases(router: Any) -> list[dict[str, str]]:
    """OPNsense's own aliases; an interface's networks stand in one (Firewall/DynamicAliases/InterfaceNetworkAliases.php)."""
    own = [('external', name, description) for name, description in STATIC_ALIASES.items()]
    own += [('internal', f'__{name}_network', f'{one["description"]} net') for name, one in interfaces(router).items()]
    return [{'uuid': name, 'enabled': '1', 'name': name, 'type': kind, 'content': '', 'counters': '',
             'description': description} for kind, name, description in own]


def every_alias(router: Any) -> list[dict[str, str]]:
    """The configuration's aliases and OPNsense's own."""
    return [*router.saved['alias'].values(), *aliases(router)]


def names(router: Any) -> list[Row]:
    """Records that Unbound makes of the router's own name: one for each interface with an address, the uplink included, and the
    reverse of the first one (src/etc/inc/plugins.inc.d/unbound.inc:523); no API tells of them."""
    addresses = {name: one['addr4'].partition('/')[0] for name, one in router.interfaces.items()
                 if one['enabled'] and one['addr4']}
    first = next((name for name in ('lan', *addresses) if name in addresses), None)
    return [{'name': f'{router.site.hostname}.{router.site.domain}', 'address': address, 'reverse': name == first}
            for name, address in addresses.items()]


def rules(router: Any) -> list[Row]:
    """Rules that no configuration has, in their order, keyed by a hash that is no uuid: what a search adds
    (src/opnsense/scripts/filter/list_non_mvc_rules.php). Interfaces are named by their descriptions."""
    made = [*((1, rule) for rule in (*_first(), *_dhcp(router))), *_last(router)]
    return [_row(router, number, priority, rule) for number, (priority, rule) in enumerate(made, start=1)]


def _first() -> list[Row]:
    """filter_core_rules_system (src/etc/inc/filter.lib.inc:207)."""
    icmp = {**PASS, 'ipprotocol': 'inet6', 'protocol': 'ipv6-icmp', 'statetype': 'keep', 'disabled': False,
            'descr': 'IPv6 RFC4890 requirements (ICMP)', '#ref': RFC4890}
    echo, asked = '128,133,134,135,136', f'{LINK_LOCAL},{MULTICAST}'
    zero = {**BLOCK, 'ipprotocol': 'inet46', 'protocol': 'tcp/udp', 'descr': 'block all targeting port 0',
            '#ref': 'system_advanced_firewall.php#no_port0_block'}
    locked = {**BLOCK, 'protocol': 'tcp', 'from': '<sshlockout>', 'to': '(self)', 'descr': 'sshlockout', 'direction': 'in',
              '#ref': 'system_advanced_firewall.php#no_sshlockout'}
    return [
        {**BLOCK, 'ipprotocol': 'inet46', 'descr': 'Default deny / state violation rule', 'quick': False},
        {**icmp, 'icmp6-type': '1,2,3,4,135,136'},
        {**icmp, 'icmp6-type': '128,129,133,134,135,136', 'from': '(self)', 'to': asked, 'direction': 'out'},
        {**icmp, 'icmp6-type': echo, 'from': LINK_LOCAL, 'to': asked, 'direction': 'in'},
        {**icmp, 'icmp6-type': echo, 'from': MULTICAST, 'to': LINK_LOCAL, 'direction': 'in'},
        {**icmp, 'icmp6-type': echo, 'from': '::', 'to': MULTICAST, 'direction': 'in'},
        {**zero, 'from_port': '0'}, {**zero, 'to_port': '0'},
        {**locked, 'to_port': SHELL}, {**locked, 'to_port': PAGES},
        {**BLOCK, 'from': '<virusprot>', 'descr': 'virusprot overload table',
         '#ref': 'system_advanced_firewall.php#no_virusprot'}]


def _dhcp(router: Any) -> list[Row]:
    """Two for each interface that Kea serves (src/etc/inc/plugins.inc.d/kea.inc:226)."""
    general = router.saved['kea_general']['general']
    if general['enabled'] != '1' or general['fwrules'] != '1':
        return []
    return [{'protocol': 'udp', 'direction': 'in', 'from_port': 68, 'to': target, '#ref': 'ui/kea/dhcp/v4', 'to_port': 67,
             'interface': name, 'descr': 'allow access to DHCP server', 'log': True}
            for name in general['interfaces'].split(',') if name in router.interfaces
            for target in ('255.255.255.255', '(self)')]


def _last(router: Any) -> list[tuple[int, Row]]:
    """Rules for what the router itself sends, and for what keeps a person from locking himself out (src/etc/inc/filter.lib.inc:567)."""
    out = {**PASS, 'direction': 'out', 'statetype': 'keep', 'allowopts': True, 'quick': False}
    lockout = {**PASS, 'direction': 'in', 'interface': 'lan', 'statetype': 'keep', 'protocol': 'tcp', 'to': '(self)',
               'descr': 'anti-lockout rule', '#ref': 'system_advanced_firewall.php#noantilockout'}
    own = 'let out anything from firewall host itself'
    forced = [(10000, {**out, 'from': f'({router.interfaces["wan"]["device"]})', 'gateway': 'WANGW',
                       'destination': {'network': 'wan', 'not': True}, 'descr': f'{own} (force gw)',
                       '#ref': 'system_advanced_firewall.php#pf_disable_force_gw'})] if 'wan' in router.interfaces else []
    return [(5, {**out, 'descr': own}), *((5, {**lockout, 'to_port': port}) for port in (PLAIN_PAGES, PAGES)), *forced]


def _row(router: Any, number: int, priority: int, rule: Row) -> Row:
    """A rule as the search lists it (list_non_mvc_rules.php:65; FilterController.php:156 says what people see)."""
    row = {name: '' for name in NAMES.values()} | {NAMES.get(name, name): value for name, value in rule.items()}
    ends = row.pop('destination', None)
    if ends is not None:
        row.update(destination_not=str(int(ends['not'])), destination_net=ends['network'])
    row.update({name: str(row[name]) if row[name] == '(self)' else str(row[name]).strip('()<>{}') for name in ENDS})
    if 'interface' in row:
        row['interface'] = router.interfaces.get(row['interface'], {}).get('description', row['interface'])
    actions, families = {'block': 'Block', 'pass': 'Pass'}, {'inet': 'IPv4', 'inet6': 'IPv6'}
    row = {'direction': 'in', 'ipprotocol': '', 'protocol': '', **row}
    return {**row, 'enabled': '1', '#priority': priority, '%action': actions.get(row['action'], ''),
            '%direction': row['direction'].capitalize(), '%ipprotocol': families.get(row['ipprotocol'], ''),
            '%protocol': row['protocol'].upper(), 'sort_order': f'{priority:06}.1{number:06}', 'legacy': True,
            'is_automatic': True, 'uuid': _label(rule)}


def _label(rule: Row) -> str:
    """Key of a rule: a hash of all but its description (library/OPNsense/Firewall/Util.php:409, calcRuleHash)."""
    hashed = {name: rule[name] for name in sorted(rule) if name != 'descr'}
    return hashlib.md5(json.dumps(hashed, separators=(',', ':')).replace('/', '\\/').encode()).hexdigest()


def outbound(router: Any) -> list[Row]:
    """Outbound NAT that the router makes itself: for each way out one rule that keeps the port of ISAKMP and one for all else, of the
    networks inside (Firewall/Api/SourceNatController.php, getAutomaticOutboundNatRules)."""
    inside = [name for name, one in router.interfaces.items() if name != 'wan' and one['addr4']]
    if 'wan' not in router.interfaces:
        return []
    rows: list[Row] = []
    for kind, more in (('isakmp_', {'destination_port': '500', 'staticnatport': '1',
                                    'description': 'Auto created rule for ISAKMP'}),
                       ('', {'staticnatport': '0', 'description': 'Auto created rule'})):
        sequence = len(rows) + 1
        rows.append({'uuid': f'automatic_{kind}wan', 'enabled': '1', 'sequence': str(sequence), 'interface': 'wan',
                     '%interface': router.interfaces['wan']['description'], 'ipprotocol': 'inet', '%ipprotocol': 'IPv4',
                     'protocol': 'any', 'source_net': ','.join(inside), 'is_automatic': True,
                     'sort_order': f'500000.0{sequence:06d}', 'prio_group': '500000', **more})
    return rows
