"""What the node's and the router's APIs answered, as values that the rest is rendered from. Pure."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
LOOPBACK = 'lo0'


class PlanError(Exception):
    """Something on node or router that this data plane has no stand-in for; it is never left out in silence."""


@dataclass(frozen=True)
class Nic:
    """A NIC of a running VM, and what PVE's firewall does at it."""

    vmid: int
    # 0: the VM's first.
    number: int
    # Lower case.
    mac: str
    # 0: untagged.
    vlan: int
    # VLANs that it may send and get frames of with their tags, beside its own, as 51 or 60-69.
    trunks: tuple[str, ...]
    # Whether its cable is out.
    link_down: bool
    # Whether PVE gives it a bridge for the firewall: without one its packets are known to no conntrack.
    bridged: bool
    # Whether PVE's firewall of nftables makes its rules, in place of that of iptables.
    nftables: bool
    # What cloud-init gives; None: the VM asks by DHCP.
    fixed: 'Fixed | None'
    # Options and rules of PVE's firewall; None where it is off for this NIC.
    options: Record | None
    rules: tuple[Record, ...]
    # Networks that it may send from; None: any.
    sources: tuple[str, ...] | None
    # IPv4 addresses that it may claim by ARP; none: any.
    claims: tuple[str, ...]
    # Whether somebody made the set that `sources` are of.
    has_set: bool

    @property
    def port(self) -> str:
        """Names its devices, of which none has more than fifteen characters."""
        return f'{self.vmid}i{self.number}' if self.number else str(self.vmid)

    @property
    def namespace(self) -> str:
        """Host of its own: what a VM would send by another of its NICs is no matter of this one's walls."""
        return f'vm{self.port}'


@dataclass(frozen=True)
class Fixed:
    """What cloud-init gives a VM that does not ask by DHCP."""

    address: ipaddress.IPv4Interface
    gateway: str
    resolvers: tuple[str, ...]
    search: str


@dataclass(frozen=True)
class Interface:
    """An interface of the router."""

    # As in rules, such as opt8.
    identifier: str
    device: str
    address: ipaddress.IPv4Interface
    # 0: untagged.
    vlan: int
    # As OPNsense's own rules name it.
    description: str = ''

    @property
    def uplink(self) -> bool:
        return self.identifier == 'wan'


def nics(node: Record) -> list[Nic]:
    """The NICs of every running VM, by VMID, its first one first."""
    # pve-firewall 6.0.4, src/PVE/Firewall.pm:5283: proxmox-firewall makes the rules then, which knows no ebtables.
    nftables = on(node.get('host', {}), 'nftables', False)
    if not nftables and not on(node['firewall'], 'ebtables', True):
        raise PlanError('the datacentre\'s firewall without ebtables is not modelled')
    running = sorted((guest for guest in node['guests'] if guest['status'] == 'running'), key=lambda guest: int(guest['vmid']))
    return [_nic(guest, number, bool(node['firewall'].get('enable')), nftables) for guest in running
            for number in sorted(int(key[3:]) for key in guest['config'] if re.fullmatch(r'net\d+', key))]


def _nic(guest: Record, number: int, datacentre: bool, nftables: bool) -> Nic:
    config, options = guest['config'], guest['options']
    vmid, name = int(guest['vmid']), f'net{number}'
    properties = dict(part.split('=', 1) for part in config[name].split(','))
    entries = guest['ipsets'].get(name)
    # PVE filters a NIC where the datacentre's, the VM's and the NIC's own switch are on; without the VM's it has no chain.
    bridged = properties.get('firewall') == '1'
    filtered = datacentre and on(options, 'enable', False) and bridged
    return Nic(vmid, number, next(iter(properties.values())).lower(), int(properties.get('tag', 0)),
               tuple(properties['trunks'].split(';')) if properties.get('trunks') else (),
               properties.get('link_down') == '1', bridged, nftables, _fixed(config, number),
               options if filtered else None, _rules(guest, name), _sources(guest, entries), _claims(entries), entries is not None)


def _rules(guest: Record, name: str) -> tuple[Record, ...]:
    """Those that count at a NIC (ruleset_generate_vm_rules, src/PVE/Firewall.pm:2683 of pve-firewall 6.0.4)."""
    return tuple({key: value for key, value in rule.items() if key != 'iface'} for rule in guest['rules']
                 if rule.get('iface') in (None, '', name))


def _sources(guest: Record, entries: Any) -> tuple[str, ...] | None:
    """A set that is there filters by itself; with the option, one that is missing counts as an empty one."""
    if entries is None:
        return () if on(guest['options'], 'ipfilter', False) else None
    if any(entry.get('nomatch') for entry in entries):
        raise PlanError(f'VM {guest["vmid"]}: nomatch in an ipset is not modelled')
    return tuple(entry['cidr'] for entry in entries)


def _claims(entries: Any) -> tuple[str, ...]:
    """ARP is filtered by the entries of the set alone: without one, or with none of IPv4 in it, it is not."""
    return tuple(entry['cidr'] for entry in entries or () if ':' not in entry['cidr'])


def _fixed(config: Record, number: int) -> Fixed | None:
    properties = dict(part.split('=', 1) for part in config.get(f'ipconfig{number}', '').split(',') if '=' in part)
    address = properties.get('ip', 'dhcp')
    if address == 'dhcp':
        return None
    return Fixed(ipaddress.IPv4Interface(address), properties.get('gw', ''),
                 tuple(str(config.get('nameserver', '')).split()), str(config.get('searchdomain', '')))


def interfaces(router: Record) -> list[Interface]:
    """The router's interfaces that have an address and are enabled; its loopback is a namespace's own."""
    return [Interface(entry['identifier'], entry['device'], ipaddress.IPv4Interface(entry['addr4']),
                      int(entry.get('vlan_tag') or 0), entry.get('description', ''))
            for entry in router['interfaces'] if entry['identifier'] not in ('', LOOPBACK) and entry.get('enabled')
            and entry.get('addr4')]


def on(record: Record, key: str, default: bool) -> bool:
    """A switch as PVE (number) or OPNsense (text) gives it."""
    value = record.get(key)
    return default if value in (None, '') else str(value) == '1'
