"""PVE's firewall at a VM's NIC, as the flows of a bridge of its own between VM and switch (PVE's fwbr). Pure.

After pve-firewall 5.1.2, src/PVE/Firewall.pm (its lines are in lab/README.md): PVEFW-FORWARD, a VM's chains OUT and IN for
IPv4 and IPv6 (ruleset_create_vm_chain, ruleset_generate_vm_rules), and ebtables for every other frame
(generate_tap_layer2filter).
"""

import ipaddress
from collections.abc import Iterable

from . import plan

# Ports of the bridge.
VM, SWITCH = 1, 2
# Tables behind the first: what conntrack knows, and what the VM's rules say of a new connection out.
TRACKED, OUTWARD = 1, 2
# One for all NICs, as the node has one for all its bridges: what one of them accepted is established at every other.
ZONE = 1
# Mark of a connection that was answered: to Linux it is new until then, to Open vSwitch no longer than its first packet.
ANSWERED = 1
FIRST_RULE = 10_000
UNTAGGED, TAGGED = 'vlan_tci=0/0x1000', 'vlan_tci=0x1000/0x1000'
TRACK = f'actions=ct(zone={ZONE},table={TRACKED})'
# ICMPv6: router and neighbour solicitations and advertisements.
ADVERTISEMENT, NDP = 134, (133, 134, 135, 136)
VERDICTS = ('ACCEPT', 'DROP')
# What of a rule decides what it matches, and is modelled; the rest says nothing about packets.
MATCHED = {'source', 'dest', 'proto', 'sport', 'dport'}
UNMATCHED = {'pos', 'type', 'action', 'enable', 'comment', 'digest', 'log', 'ipversion'}
PACKETS = ('ip', 'ipv6')
FAMILIES = {4: {'': 'ip', 'tcp': 'tcp', 'udp': 'udp', 'icmp': 'icmp'}, 6: {'': 'ipv6', 'tcp': 'tcp6', 'udp': 'udp6'}}


def flows(nic: plan.Nic) -> list[str]:
    """OpenFlow flows; raises PlanError for what is not modelled."""
    if nic.link_down:
        return ['priority=0,actions=drop']
    if not nic.bridged:
        return [f'in_port={VM},actions=output:{SWITCH}', f'in_port={SWITCH},actions=output:{VM}']
    first = [*established(VM, SWITCH), *established(SWITCH, VM)]
    if nic.options is None:
        return [*first, *_passed(VM, SWITCH), *_passed(SWITCH, VM)]
    return [*first, *_sent(nic, nic.options), *_received(nic, nic.options)]


def established(port: int, out: int) -> list[str]:
    """Flows before any chain: frames with a VLAN tag are no packets to it; what is invalid goes, what belongs to a
    connection passes, whoever sends it."""
    tracked = f'table={TRACKED},in_port={port},ct_state=+trk'
    return [*(f'priority=100,in_port={port},{UNTAGGED},{family},{TRACK}' for family in PACKETS),
            f'priority=60003,{tracked}+inv,actions=drop',
            f'priority=60002,{tracked}+rel,actions=output:{out}',
            *(f'priority=60001,{tracked}+rpl,{family},'
              f'actions=ct(commit,zone={ZONE},exec(set_field:{ANSWERED}->ct_mark)),output:{out}' for family in PACKETS),
            f'priority=60000,{tracked},ct_mark={ANSWERED},actions=output:{out}']


def _passed(port: int, out: int) -> list[str]:
    """Without a chain all passes, and is known to conntrack from then on, but for neighbour discovery."""
    return [f'priority=10,in_port={port},actions=output:{out}',
            *(f'table={TRACKED},priority=1,in_port={port},{family},{accept(out)}' for family in PACKETS),
            *(f'priority=110,in_port={port},{UNTAGGED},icmp6,icmp_type={kind},actions=output:{out}' for kind in NDP)]


def accept(out: int) -> str:
    return f'actions=ct(commit,zone={ZONE}),output:{out}'


def _sent(nic: plan.Nic, options: plan.Record) -> list[str]:
    own = f',dl_src={nic.mac}' if plan.on(options, 'macfilter', True) else ''
    return [*_frames(nic, own), *_neighbours(nic, options, own), *_outward(nic, options, own)]


def _frames(nic: plan.Nic, own: str) -> list[str]:
    """ebtables, which sees what is no packet: ARP and any other type, and whatever has a VLAN tag."""
    out = f'actions=output:{SWITCH}'
    claims = nic.claims or ('',)
    return [f'priority=90,in_port={VM},{TAGGED}{own},{out}',
            *(f'priority=80,in_port={VM},{UNTAGGED}{own},arp{claim and f",arp_spa={claim}"},{out}' for claim in claims),
            f'priority=70,in_port={VM},{UNTAGGED},arp,actions=drop',
            f'priority=60,in_port={VM},{UNTAGGED}{own},{out}']


def _neighbours(nic: plan.Nic, options: plan.Record, own: str) -> list[str]:
    """Neighbour discovery out, which conntrack does not track."""
    out = f'in_port={VM},{UNTAGGED}'
    dropped = [] if plan.on(options, 'radv', False) else [f'priority=120,{out},icmp6,icmp_type={ADVERTISEMENT},actions=drop']
    return [*dropped,
            *(f'priority=110,{out}{own},icmp6{source},icmp_type={kind},actions=output:{SWITCH}'
              for kind in NDP for source in _sources(nic, 6)),
            *(f'priority=105,{out},icmp6,icmp_type={kind},actions=drop' for kind in NDP)]


def _outward(nic: plan.Nic, options: plan.Record, own: str) -> list[str]:
    out = f'table={TRACKED},in_port={VM}'
    lines = [f'priority=40000,{out},{match},{accept(SWITCH)}' for match in (
        'udp,tp_src=68,tp_dst=67', 'udp6,tp_src=546,tp_dst=547')] if plan.on(options, 'dhcp', True) else []
    lines += [f'priority=30000,{out}{own},{families(version)}{source},actions=resubmit(,{OUTWARD})'
              for version in (4, 6) for source in _sources(nic, version)]
    return [*lines, *rules(nic, 'out', f'table={OUTWARD}', accept(SWITCH)),
            *policy(nic, options.get('policy_out') or 'ACCEPT', f'table={OUTWARD}', accept(SWITCH))]


def _sources(nic: plan.Nic, version: int) -> list[str]:
    """Matches of the addresses that the VM may send from: of IPv6, its own link-local one is always in the set."""
    if nic.sources is None:
        return ['']
    field = 'nw_src' if version == 4 else 'ipv6_src'
    own = [link_local(nic.mac)] if version == 6 else []
    return [f',{field}={one}' for one in [*own, *nic.sources] if ipaddress.ip_network(one, strict=False).version == version]


def families(version: int) -> str:
    """Name of all packets of a version of IP."""
    return FAMILIES[version]['']


def link_local(mac: str) -> str:
    """Link-local address of a MAC (RFC 4291, modified EUI-64), as PVE puts it into every address set (mac_to_linklocal)."""
    octets = bytes.fromhex(mac.replace(':', ''))
    identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b'\xff\xfe' + octets[3:]
    return str(ipaddress.IPv6Address(b'\xfe\x80' + bytes(6) + identifier))


def _received(nic: plan.Nic, options: plan.Record) -> list[str]:
    into, tracked = f'in_port={SWITCH}', f'table={TRACKED},in_port={SWITCH}'
    # No table looks at ARP, other types and tagged frames on their way to a VM; the switch lets the last in by `trunks` alone.
    lines = [f'priority=60,{into},actions=output:{VM}']
    lines += [f'priority=110,{into},{UNTAGGED},icmp6,icmp_type={kind},' + (
        f'actions=output:{VM}' if plan.on(options, 'ndp', True) else 'actions=drop') for kind in NDP]
    if plan.on(options, 'dhcp', True):
        lines += [f'priority=40000,{tracked},{match},{accept(VM)}' for match in (
            'udp,tp_src=67,tp_dst=68', 'udp6,tp_src=547,tp_dst=546')]
    return [*lines, *rules(nic, 'in', tracked, accept(VM)),
            *policy(nic, options.get('policy_in') or 'DROP', tracked, accept(VM))]


def policy(nic: plan.Nic, verdict: str, where: str, accepted: str) -> list[str]:
    if verdict not in VERDICTS:
        raise plan.PlanError(f'VM {nic.vmid}: policy {verdict} is not modelled')
    return [f'priority=1,{where},{family},{accepted}' for family in PACKETS] if verdict == 'ACCEPT' else []


def rules(nic: plan.Nic, direction: str, where: str, accepted: str) -> list[str]:
    """Rules of a direction, the first before the others; every rule has its place, whatever its direction."""
    for rule in nic.rules:
        if plan.on(rule, 'enable', False):
            _expect_modelled(nic, rule)
    return [f'priority={FIRST_RULE - index},{where},{match},{accepted if rule["action"] == "ACCEPT" else "actions=drop"}'
            for index, rule in enumerate(nic.rules) if plan.on(rule, 'enable', False) and rule['type'] == direction
            for match in _matches(rule)]


def _expect_modelled(nic: plan.Nic, rule: plan.Record) -> None:
    unknown = {key for key, value in rule.items() if value} - MATCHED - UNMATCHED
    if rule.get('type') not in ('in', 'out') or rule['action'] not in VERDICTS or unknown \
            or (rule.get('proto') or '') not in FAMILIES[4]:
        raise plan.PlanError(f'VM {nic.vmid}: rule {rule.get("pos")} of PVE\'s firewall is not modelled: {dict(rule)}')


def _matches(rule: plan.Record) -> Iterable[str]:
    """One match for each piece of the rule's ports, in each family that its addresses and protocol belong to."""
    addresses = [rule[key] for key in ('source', 'dest') if rule.get(key)]
    for version, names in FAMILIES.items():
        protocol = rule.get('proto') or ''
        if protocol in names and all(ipaddress.ip_network(one).version == version for one in addresses):
            prefix = 'nw' if version == 4 else 'ipv6'
            where = ''.join(f',{prefix}_{field}={rule[key]}' for key, field in (('source', 'src'), ('dest', 'dst'))
                            if rule.get(key))
            yield from (f'{names[protocol]}{where}{sport}{dport}' for sport in _ports('tp_src', rule.get('sport'))
                        for dport in _ports('tp_dst', rule.get('dport')))


def _ports(field: str, text: str | None) -> list[str]:
    if not text:
        return ['']
    return [f',{field}={value:#x}/{mask:#x}' for part in str(text).split(',') for value, mask in masks(
        int(part.partition(':')[0]), int(part.partition(':')[2] or part.partition(':')[0]))]


def masks(first: int, last: int) -> list[tuple[int, int]]:
    """A range of ports, both ends included, as values with masks, which is all that a flow can match."""
    pieces = []
    while first <= last:
        size = first & -first or 1 << 16
        while size > last - first + 1:
            size >>= 1
        pieces.append((first, 0xffff & ~(size - 1)))
        first += size
    return pieces
