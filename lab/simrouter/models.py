"""Sections of the configuration: their fields, and the rules between fields and between records.

After opnsense/core 26.7, models Interfaces/Vlan, Kea/KeaDhcpv4, Unbound/Unbound, Firewall/Filter and Firewall/Alias.
Fields that tenants never need are left out; sending one is ignored, as OPNsense ignores unknown keys.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import fields as f

Record = dict[str, str]
DOMAIN_MESSAGE = 'A valid domain must be specified.'
PORT_PROTOCOLS = ('TCP', 'UDP', 'TCP/UDP')


@dataclass(frozen=True)
class Unique:
    """Fields that no two records may share; `at` is the field that the message stands under."""

    names: tuple[str, ...]
    message: str
    at: str
    fold: bool = False

    def key(self, record: Record) -> tuple[str, ...]:
        values = tuple(record[name] for name in self.names)
        return tuple(value.lower() for value in values) if self.fold else values


@dataclass(frozen=True)
class Model:
    """A section of the configuration: records by uuid."""

    # What the request's body has around the record, and what messages begin with.
    key: str
    # The path of the records in OPNsense's model, as errors about records in use name it.
    path: str
    fields: Mapping[str, f.Field]
    unique: tuple[Unique, ...] = ()
    # Gives what is wrong with a record by field.
    check: Callable[[Any, str, Record], dict[str, str]] = field(default=lambda router, uuid, record: {})
    sort: str = 'description'


def check_vlan(router: Any, uuid: str, record: Record) -> dict[str, str]:
    legacy = f'{record["if"]}_vlan{record["tag"]}'
    if record['vlanif'] == legacy or re.match(r'^vlan0[0-9.]{1,10}$', record['vlanif']):
        return {}
    return {'vlanif': 'Only a maximum of 15 characters is allowed starting with "vlan0" combined with numeric '
                      'characters and dots, e.g. "vlan0.1.104".'}


def check_reservation(router: Any, uuid: str, record: Record) -> dict[str, str]:
    subnet = router.saved['subnet4'].get(record['subnet'])
    wrong = {}
    if subnet is None or not _inside(record['ip_address'], subnet['subnet']):
        wrong['ip_address'] = 'Address not in specified subnet'
    if not record['hw_address']:
        wrong['hw_address'] = 'Either a client ID or a MAC address should be specified.'
    return wrong


def check_host(router: Any, uuid: str, record: Record) -> dict[str, str]:
    if record['rr'] in ('A', 'AAAA') and not record['server']:
        return {'server': 'The field IP address is required.'}
    return {}


def check_rule(router: Any, uuid: str, record: Record) -> dict[str, str]:
    wrong = {}
    for side in ('source', 'destination'):
        value, protocol = record[f'{side}_net'], record['ipprotocol']
        if record[f'{side}_port'] and record['protocol'] not in PORT_PROTOCOLS:
            wrong[f'{side}_port'] = f'{side.title()} ports are only valid for tcp or udp type rules.'
        single = f.is_address(value) or f.is_network(value)
        if single and ('inet6' if ':' in value else 'inet') != protocol:
            wrong[f'{side}_net'] = f'{side.title()} address type should match selected TCP/IP protocol version.'
        if ',' in value and 'any' in value.split(','):
            wrong[f'{side}_net'] = 'Any can not be combined with other aliases'
    return wrong


def _inside(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


class Parents(f.Options):
    """Devices that a VLAN can lie on (VlanInterfaceField)."""

    def choices(self, router: Any) -> dict[str, str]:
        return {name: f'{name} ({device["macaddr"]})' for name, device in router.devices.items()}


PRIORITIES = {'1': 'Background (1, lowest)', '0': 'Best Effort (0, default)', '7': 'Network Control (7, highest)'}

VLAN = Model('vlan', 'vlan', {
    'if': Parents({}, required=True), 'tag': f.Integer(1, 4094, True), 'pcp': f.Options(PRIORITIES, '0', True),
    'proto': f.Options({'802.1q': '802.1q', '802.1ad': '802.1ad'}, blank='Automatic'), 'descr': f.Description(),
    'vlanif': f.Field(required=True),
}, (Unique(('tag', 'if'), 'Tag for this device must be unique.', 'tag'),
    Unique(('vlanif',), 'The device name must be unique.', 'vlanif')), check_vlan, 'vlanif')

SUBNET4 = Model('subnet4', 'subnets.subnet4', {
    'subnet_id': f.Integer(1, 4294967294, True), 'subnet': f.Network('required', required=True),
    'valid_lifetime': f.Integer(0, 4294967295), 'next_server': f.Network('refused'),
    'option_data_autocollect': f.Boolean('1', True),
    'option_data.domain_name_servers': f.Network('refused', True),
    'option_data.domain_search': f.Hostname(True, 'Please specify a valid list of domains.'),
    'option_data.routers': f.Network('refused', True), 'option_data.domain_name': f.Hostname(),
    'option_data.ntp_servers': f.Network('refused', True), 'option_data.tftp_server_name': f.Field(),
    'option_data.boot_file_name': f.Field(), 'match-client-id': f.Boolean('1', True),
    'allocator': f.Options({'iterative': 'Iterative', 'random': 'Random', 'flq': 'Free Lease Queue'}, blank='Default'),
    'pools': f.Pools(), 'description': f.Description(),
}, (Unique(('subnet',), 'Subnet must be unique.', 'subnet'),
    Unique(('subnet_id',), 'Subnet ID must be unique.', 'subnet_id')), sort='subnet')

RESERVATION = Model('reservation', 'reservations.reservation', {
    'subnet': f.Relation('subnet4', ('subnet',), 'Related subnet not found.'), 'ip_address': f.Network('refused'),
    'hw_address': f.Mac(), 'hostname': f.Hostname(), 'description': f.Description(),
}, (Unique(('ip_address',), 'Duplicate entry exists.', 'ip_address'),
    Unique(('hw_address', 'subnet'), 'Duplicate entry exists.', 'hw_address', True)), check_reservation, 'hw_address')

HOST = Model('host', 'hosts.host', {
    'enabled': f.Boolean('1', True), 'hostname': f.Hostname(message='A valid hostname must be specified.'),
    'domain': f.Masked(f.DOMAIN, DOMAIN_MESSAGE, True),
    'rr': f.Options({'A': 'A (IPv4 address)', 'AAAA': 'AAAA (IPv6 address)', 'MX': 'MX (mail server)',
                     'TXT': 'TXT (text)'}, 'A', True),
    'server': f.Network('refused', v4=False), 'addptr': f.Boolean('1', True), 'description': f.Description(),
}, check=check_host, sort='hostname')

HOST_ALIAS = Model('alias', 'aliases.alias', {
    'enabled': f.Boolean('1', True), 'host': f.Relation('host', ('hostname', 'domain')), 'hostname': f.Hostname(),
    'domain': f.Masked(f.DOMAIN, DOMAIN_MESSAGE), 'description': f.Description(),
}, sort='hostname')

RULE = Model('rule', 'rules.rule', {
    'enabled': f.Boolean('1', True),
    'sequence': f.Integer(1, 999999, True, message='Sequence shall be between 1 and 999999.'),
    'action': f.Options({'pass': 'Pass', 'block': 'Block', 'reject': 'Reject'}, 'pass', True),
    'quick': f.Boolean('1', True), 'interfacenot': f.Boolean('0', True), 'interface': f.Interfaces(),
    'direction': f.Options({'in': 'In', 'out': 'Out', 'any': 'Both'}, 'in', True),
    'ipprotocol': f.Options({'inet': 'IPv4', 'inet6': 'IPv6', 'inet46': 'any'}, 'inet', True),
    'protocol': f.Protocol(), 'source_net': f.Endpoints(), 'source_not': f.Boolean('0', True),
    'source_port': f.Port(), 'destination_net': f.Endpoints(), 'destination_not': f.Boolean('0', True),
    'destination_port': f.Port(), 'log': f.Boolean('0', True), 'description': f.Description(),
}, check=check_rule, sort='sequence')

ALIAS = Model('alias', 'aliases.alias', {
    'enabled': f.Boolean('1', True), 'name': f.AliasName(required=True),
    'type': f.Options({'host': 'Host(s)', 'network': 'Network(s)', 'port': 'Port(s)', 'geoip': 'GeoIP',
                       'internal': 'Internal (automatic)', 'external': 'External (advanced)'}, required=True),
    'content': f.AliasContent(), 'counters': f.Boolean(''), 'description': f.Description(),
}, (Unique(('name',), 'An alias with this name already exists.', 'name'),), sort='name')

MODELS: dict[str, Model] = {'vlan': VLAN, 'subnet4': SUBNET4, 'reservation': RESERVATION, 'host': HOST,
                            'host_alias': HOST_ALIAS, 'rule': RULE, 'alias': ALIAS}
# The only settings of Kea itself that tenants touch; kept as one record.
KEA_GENERAL: Mapping[str, f.Field] = {'enabled': f.Boolean('0', True), 'interfaces': f.Interfaces(),
                                      'valid_lifetime': f.Integer(0, 4294967295, True, '4000'),
                                      'fwrules': f.Boolean('1', True)}
