"""PVE's other firewall at a VM's NIC, that of nftables, as the flows of a bridge between VM and switch. Pure.

After proxmox-firewall 1.2.3: resources/proxmox-firewall.nft (R), src/firewall.rs (F) and src/rule.rs (U); what each does is in
lab/README.md. There is no bridge of a VM's own there: the chains hang at the node's bridge, vm-out at a frame that leaves a NIC, vm-in at
one that reaches it. Linux takes a VLAN tag off before either sees the frame (net/core/dev.c, skb_vlan_untag), so that a tagged packet meets
the same rules.
"""

from . import plan
from .port_filter import ANSWERED, MATCHED, OUTWARD, PACKETS, SWITCH, TRACK, TRACKED, VM, ZONE, accept, families, link_local, policy, rules

# R allow-icmp: what tells of errors passes before any chain of a VM, both ways.
ERRORS = (*(f'icmp,icmp_type={kind}' for kind in (3, 4, 11)), *(f'icmp6,icmp_type={kind}' for kind in (1, 2, 3, 4)))
# ICMPv6 that a VM may send by `ndp`: solicitations and neighbour advertisements; by `radv`: router advertisements and redirects.
NEIGHBOURS, ROUTERS = (133, 135, 136), (134, 137)


def flows(nic: plan.Nic) -> list[str]:
    """OpenFlow flows; raises PlanError for what is not modelled."""
    if nic.link_down:
        return ['priority=0,actions=drop']
    if nic.options is None:
        return [*_unfiltered(VM, SWITCH), *_unfiltered(SWITCH, VM)]
    return [*_known(VM, SWITCH), *_known(SWITCH, VM), *_sent(nic, nic.options), *_received(nic, nic.options)]


def _tracked(port: int, out: int) -> list[str]:
    tracked = f'table={TRACKED},in_port={port},ct_state=+trk'
    return [*(f'priority=100,in_port={port},{family},{TRACK}' for family in PACKETS),
            f'priority=60002,{tracked}+rel,actions=output:{out}',
            *(f'priority=60001,{tracked}+rpl,{family},'
              f'actions=ct(commit,zone={ZONE},exec(set_field:{ANSWERED}->ct_mark)),output:{out}' for family in PACKETS),
            f'priority=60000,{tracked},ct_mark={ANSWERED},actions=output:{out}']


def _unfiltered(port: int, out: int) -> list[str]:
    """Without a chain all passes, and the bridge's conntrack knows it, as it does every packet."""
    return [*_tracked(port, out), f'priority=60003,table={TRACKED},in_port={port},ct_state=+trk+inv,actions=output:{out}',
            *(f'table={TRACKED},priority=1,in_port={port},{family},{accept(out)}' for family in PACKETS),
            *(f'priority=110,in_port={port},icmp6,icmp_type={kind},actions=output:{out}' for kind in (*NEIGHBOURS, *ROUTERS)),
            f'priority=10,in_port={port},actions=output:{out}']


def _known(port: int, out: int) -> list[str]:
    """R vm-out, vm-in: errors first; then pre-vm-out and pre-vm-in: what belongs to a connection, and not what is invalid."""
    return [*(f'priority=130,in_port={port},{error},actions=output:{out}' for error in ERRORS), *_tracked(port, out),
            f'priority=60003,table={TRACKED},in_port={port},ct_state=+trk+inv,actions=drop']


def _sent(nic: plan.Nic, options: plan.Record) -> list[str]:
    """In the order of F:343-351: addresses, MAC, DHCP, neighbours, routers, ARP, then the VM's rules."""
    out, filters = f'in_port={VM}', plan.on(options, 'macfilter', True)
    own = f',dl_src={nic.mac}' if filters else ''
    lines = []
    for kind in (*NEIGHBOURS, *ROUTERS):
        if plan.on(options, *(('ndp', True) if kind in NEIGHBOURS else ('radv', False))):
            lines += [f'priority=120,{out}{own},icmp6{source},icmp_type={kind},actions=output:{SWITCH}'
                      for source in _sources(nic, options, 6)]
        lines.append(f'priority=115,{out},icmp6,icmp_type={kind},actions=drop')
    sender = f'{own},arp_sha={nic.mac}' if filters else ''
    lines += [f'priority=110,{out},arp{sender}{claim},actions=output:{SWITCH}' for claim in _claims(nic, options)]
    lines.append(f'priority=105,{out},arp,actions=drop')
    if _frames_pass(nic, 'out', options.get('policy_out') or 'ACCEPT'):
        lines.append(f'priority=60,{out}{own},actions=output:{SWITCH}')
    lines += [f'priority=30000,table={TRACKED},{out}{own},{families(version)}{source},actions=resubmit(,{OUTWARD})'
              for version in (4, 6) for source in _sources(nic, options, version)]
    return [*lines, *_dhcp(options, f'table={OUTWARD}', accept(SWITCH), 'udp,tp_src=68,tp_dst=67', 'udp6,tp_src=546,tp_dst=547'),
            *rules(nic, 'out', f'table={OUTWARD}', accept(SWITCH)),
            *policy(nic, options.get('policy_out') or 'ACCEPT', f'table={OUTWARD}', accept(SWITCH))]


def _received(nic: plan.Nic, options: plan.Record) -> list[str]:
    """ARP passes in R pre-vm-in, before the filter of the addresses that it asks for."""
    into, tracked = f'in_port={SWITCH}', f'table={TRACKED},in_port={SWITCH}'
    verdict = f'actions=output:{VM}' if plan.on(options, 'ndp', True) else 'actions=drop'
    lines = [f'priority=110,{into},arp,actions=output:{VM}',
             *(f'priority=115,{into},icmp6,icmp_type={kind},{verdict}' for kind in (*NEIGHBOURS, *ROUTERS))]
    if _frames_pass(nic, 'in', options.get('policy_in') or 'DROP'):
        lines.append(f'priority=60,{into},actions=output:{VM}')
    return [*lines, *_dhcp(options, tracked, accept(VM), 'udp,tp_src=67,tp_dst=68', 'udp6,tp_src=547,tp_dst=546'),
            *rules(nic, 'in', tracked, accept(VM)), *policy(nic, options.get('policy_in') or 'DROP', tracked, accept(VM))]


def _dhcp(options: plan.Record, where: str, accepted: str, *matches: str) -> list[str]:
    """F:670: without the option its ports are blocked, whatever the rules say."""
    verdict = accepted if plan.on(options, 'dhcp', True) else 'actions=drop'
    return [f'priority=40000,{where},{match},{verdict}' for match in matches]


def _sources(nic: plan.Nic, options: plan.Record, version: int) -> list[str]:
    """Matches of the addresses that the VM may send from: those of its set, to which none is added; where there is none, its own
    link-local one (U:774, F:819-850). Without the option `ipfilter` a set filters nothing."""
    if not plan.on(options, 'ipfilter', False):
        return ['']
    allowed = nic.sources if nic.has_set else (link_local(nic.mac),)
    field = 'nw_src' if version == 4 else 'ipv6_src'
    return [f',{field}={one}' for one in allowed or () if (':' in one) == (version == 6)]


def _claims(nic: plan.Nic, options: plan.Record) -> list[str]:
    """Matches of the IPv4 addresses that it may claim by ARP (U:843)."""
    return [one.replace(',nw_src=', ',arp_spa=') for one in _sources(nic, options, 4)]


def _frames_pass(nic: plan.Nic, direction: str, verdict: str) -> bool:
    """Whether a frame that is neither a packet nor ARP passes: only a rule that matches all of them does it, else the policy decides."""
    bare = (rule for rule in nic.rules if plan.on(rule, 'enable', False) and rule['type'] == direction
            and not any(rule.get(key) for key in MATCHED))
    return next((str(rule['action']) for rule in bare), verdict) == 'ACCEPT'
