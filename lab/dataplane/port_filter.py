"""PVE's firewall at a VM's NIC, as the flows of a bridge of its own between VM and switch (PVE's fwbr). Pure.

The order is that of pve-firewall's ruleset_create_vm_chain: DHCP, then the filters of MAC and address on what the VM sends; connections
that stand, DHCP, the rules and the policy on what it gets.
"""

from . import plan

# Ports of the bridge.
VM, SWITCH = 1, 2
TRACKED = 1
FIRST_RULE = 10_000


def flows(nic: plan.Nic, zone: int) -> list[str]:
    """OpenFlow flows; `zone` keeps the NIC's connections apart from others'. Raises PlanError for what is not modelled."""
    if nic.options is None:
        return [f'in_port={VM},actions=output:{SWITCH}', f'in_port={SWITCH},actions=output:{VM}']
    return [*_sent(nic, nic.options, zone), *_received(nic, nic.options, zone)]


def _sent(nic: plan.Nic, options: plan.Record, zone: int) -> list[str]:
    if options.get('policy_out', 'ACCEPT') != 'ACCEPT':
        raise plan.PlanError(f'VM {nic.vmid}: policy_out {options["policy_out"]} is not modelled')
    out = f'in_port={VM}'
    own = f',dl_src={nic.mac}' if plan.on(options, 'macfilter', True) else ''
    lines = [f'priority=300,{out}{own},udp,tp_src=68,tp_dst=67,actions=output:{SWITCH}'] \
        if plan.on(options, 'dhcp', True) else []
    if not plan.on(options, 'radv', False):
        lines.append(f'priority=200,{out},icmp6,icmp_type=134,actions=drop')
    # The address filter is for ARP, too.
    sources = [('', '')] if nic.sources is None else [(f',arp_spa={one}', f',nw_src={one}') for one in nic.sources]
    for claimed, source in sources:
        lines += [f'priority=100,{out}{own},arp{claimed},actions=output:{SWITCH}',
                  f'priority=100,{out}{own},ip{source},actions=ct(commit,zone={zone}),output:{SWITCH}']
    if nic.sources is None:
        lines.append(f'priority=100,{out}{own},ipv6,actions=ct(commit,zone={zone}),output:{SWITCH}')
    return lines


def _received(nic: plan.Nic, options: plan.Record, zone: int) -> list[str]:
    tracked = f'table={TRACKED}'
    lines = [f'priority=100,in_port={SWITCH},arp,actions=output:{VM}',
             *(f'priority=100,in_port={SWITCH},{family},actions=ct(zone={zone},table={TRACKED})'
               for family in ('ip', 'ipv6')),
             *(f'{tracked},priority=60000,ct_state=+trk+{state},actions=output:{VM}' for state in ('est', 'rel')),
             f'{tracked},priority=50000,ct_state=+trk+inv,actions=drop']
    accept = f'actions=ct(commit,zone={zone}),output:{VM}'
    if plan.on(options, 'dhcp', True):
        lines.append(f'{tracked},priority=40000,udp,tp_src=67,tp_dst=68,{accept}')
    if plan.on(options, 'ndp', True):
        lines += [f'{tracked},priority=40000,icmp6,icmp_type={kind},{accept}' for kind in (133, 134, 135, 136)]
    for index, rule in enumerate(rule for rule in nic.rules if plan.on(rule, 'enable', False)):
        lines += [f'{tracked},priority={FIRST_RULE - index},{match},{_verdict(nic, rule, accept)}'
                  for match in _matches(nic, rule)]
    if options.get('policy_in', 'DROP') == 'ACCEPT':
        lines.append(f'{tracked},priority=1,{accept}')
    return lines


def _verdict(nic: plan.Nic, rule: plan.Record, accept: str) -> str:
    verdicts = {'ACCEPT': accept, 'DROP': 'actions=drop'}
    if rule.get('type') != 'in' or rule['action'] not in verdicts or rule.get('macro') or rule.get('dest') \
            or rule.get('sport'):
        raise plan.PlanError(f'VM {nic.vmid}: rule {rule.get("pos")} of PVE\'s firewall is not modelled: {dict(rule)}')
    return verdicts[rule['action']]


def _matches(nic: plan.Nic, rule: plan.Record) -> list[str]:
    """One match for each piece of the rule's ports."""
    protocol = rule.get('proto') or 'ip'
    if protocol not in ('ip', 'tcp', 'udp', 'icmp'):
        raise plan.PlanError(f'VM {nic.vmid}: protocol {protocol} in PVE\'s firewall is not modelled')
    source = f',nw_src={rule["source"]}' if rule.get('source') else ''
    return [f'{protocol}{source}{port}' for port in _ports(str(rule.get('dport') or ''))]


def _ports(text: str) -> list[str]:
    if not text:
        return ['']
    return [f',tp_dst={value:#x}/{mask:#x}' for part in text.split(',') for value, mask in masks(
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
