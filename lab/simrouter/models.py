"""Sections of the configuration: their fields, and the rules between fields and between records.

After opnsense/core 26.7.2, models Interfaces/Vlan, Kea/KeaDhcpv4 and Unbound/Unbound below src/opnsense/mvc/app/models/OPNsense;
those of the firewall are in firewall_models.py. Fields that tenants never need are left out; sending one is ignored, as OPNsense
ignores unknown keys.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import fields as f

Record = dict[str, str]
# Faults of a record, by field.
Faults = list[tuple[str, str]]
DOMAIN_MESSAGE = 'A valid domain must be specified.'


@dataclass(frozen=True)
class Unique:
    """Fields that no two records may share; `at` is the field that the message stands under, once more for each other field
    that refers to the constraint (Base/Constraints/UniqueConstraint.php)."""

    names: tuple[str, ...]
    message: str
    at: str
    fold: bool = False
    required: bool = False
    references: int = 0

    def key(self, record: Mapping[str, str]) -> tuple[str, ...]:
        values = tuple(record[name] for name in self.names)
        return tuple(value.lower() for value in values) if self.fold else values


@dataclass(frozen=True)
class Needed:
    """A field that must be set where another one has a value (Base/Constraints/SetIfConstraint.php); both refer to it where
    `twice`, so that the message stands there twice."""

    at: str
    other: str
    value: str
    message: str
    twice: bool = True


@dataclass(frozen=True)
class Model:
    """A section of the configuration: records by uuid."""

    # What the request's body has around the record, and what messages begin with.
    key: str
    # The path of the records in OPNsense's model, as errors about records in use name it.
    path: str
    fields: Mapping[str, f.Field]
    unique: tuple[Unique, ...] = ()
    needed: tuple[Needed, ...] = ()
    # Gives what is wrong with a record beside its fields (performValidation of the model).
    check: Callable[[Any, str, Record], Faults] = field(default=lambda router, uuid, record: [])
    # The field by which a search sorts; empty: as they were made.
    sort: str = ''


def check_vlan(router: Any, uuid: str, record: Record) -> Faults:
    """Interfaces/Vlan.php:61. Where it lies on itself both fields say so, and a new one without a parent does."""
    name, prefix, wrong = record['vlanif'], 'qinq' if 'vlan' in record['if'] else 'vlan', []
    legacy = name == f'{record["if"]}_vlan{record["tag"]}'
    if not legacy and not name.startswith(prefix):
        wrong.append(('vlanif', f'The device name prefix "{prefix}" is required.'))
    elif not legacy and not re.fullmatch(f'{prefix}0[0-9.]{{1,10}}', name):
        wrong.append(('vlanif', f'Only a maximum of 15 characters is allowed starting with "{prefix}0" combined with '
                                f'numeric characters and dots, e.g. "{prefix}0.1.104".'))
    if record['if'] in (name, router.saved['vlan'].get(uuid, {}).get('vlanif', '')):
        wrong += [(at, 'VLAN can not be assigned to itself.') for at in ('vlanif', 'if') if at == 'if' or not legacy]
    return wrong


def check_reservation(router: Any, uuid: str, record: Record) -> Faults:
    """Kea/KeaDhcpv4.php:74."""
    subnet, wrong = router.saved['subnet4'].get(record['subnet']), []
    if subnet is None or not inside(record['ip_address'], subnet['subnet']):
        wrong.append(('ip_address', 'Address not in specified subnet'))
    if record['client_id'] and record['hw_address']:
        wrong.append(('hw_address', 'Either a client ID or a MAC address should be specified, but not both'))
    elif not record['client_id'] and not record['hw_address']:
        wrong.append(('hw_address', 'Either a client ID or a MAC address should be specified.'))
    return wrong


def check_host(router: Any, uuid: str, record: Record) -> Faults:
    """Unbound/Unbound.php:89."""
    return [('hostname', 'A valid hostname must be specified.')] if record['hostname'].endswith('.') else []


def inside(address: str, network: str) -> bool:
    """Whether an address lies in a network; what is none of it does not (Firewall\\Util::isIPInCIDR)."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


class Parents(f.Options):
    """Devices that a VLAN can lie on, VLANs among them (Interfaces/FieldTypes/VlanInterfaceField.php:41)."""

    def choices(self, router: Any) -> dict[str, str]:
        names = {one['device']: f' [{one["description"]}]' for one in router.interfaces.values()}
        found = {name: f'{name} ({device["macaddr"]}){names.get(name, "")}' for name, device in router.devices.items()}
        for vlan in router.saved['vlan'].values():
            if not vlan['vlanif'].startswith('qinq'):
                found[vlan['vlanif']] = (f'{vlan["vlanif"]} (Tag: {vlan["tag"]}, Parent: {vlan["if"]})'
                                         f'{names.get(vlan["vlanif"], "")}')
        return found


PRIORITIES = {'1': 'Background (1, lowest)', '0': 'Best Effort (0, default)', '2': 'Excellent Effort (2)',
              '3': 'Critical Applications (3)', '4': 'Video (4)', '5': 'Voice (5)', '6': 'Internetwork Control (6)',
              '7': 'Network Control (7, highest)'}
SECONDS_MAX, INTEGER_MAX = 2 ** 31 - 1, 2 ** 63 - 1
TEXT = re.compile('[^\n"]*')

VLAN = Model('vlan', 'vlan', {
    'if': Parents({}, required=True), 'tag': f.Integer(1, 4094, True), 'pcp': f.Options(PRIORITIES, '0', True),
    'proto': f.Options({'802.1q': '802.1q', '802.1ad': '802.1ad'}, blank='Automatic'), 'descr': f.Description(),
    'vlanif': f.Field(required=True),
}, (Unique(('tag', 'if'), 'Tag for this device must be unique.', 'tag', required=True, references=1),
    Unique(('vlanif',), 'The device name must be unique.', 'vlanif', required=True)), check=check_vlan, sort='vlanif')

SUBNET4 = Model('subnet4', 'subnets.subnet4', {
    'subnet_id': f.Integer(1, 4294967294, True), 'subnet': f.Network('required', required=True),
    'valid_lifetime': f.Integer(0, INTEGER_MAX), 'next_server': f.Network('refused'),
    'option_data_autocollect': f.Boolean('1', True),
    'option_data.domain_name_servers': f.Network('refused', True),
    'option_data.domain_search': f.Hostname(True, False, message='Please specify a valid list of domains.'),
    'option_data.routers': f.Network('refused', True), 'option_data.domain_name': f.Hostname(address=False),
    'option_data.ntp_servers': f.Network('refused', True), 'option_data.time_servers': f.Network('refused', True),
    'option_data.tftp_server_name': f.Masked(TEXT), 'option_data.boot_file_name': f.Masked(TEXT),
    'match-client-id': f.Boolean('1', True),
    'allocator': f.Options({'iterative': 'Iterative', 'random': 'Random', 'flq': 'Free Lease Queue'}, blank='Default'),
    'pools': f.Pools(), 'description': f.Description(),
}, (Unique(('subnet_id',), 'Subnet ID must be unique.', 'subnet_id', required=True),
    Unique(('subnet',), 'Subnet must be unique.', 'subnet', required=True)), sort='subnet')

RESERVATION = Model('reservation', 'reservations.reservation', {
    'subnet': f.Relation('subnet4', ('subnet',), 'Related subnet not found.'), 'ip_address': f.Network('refused'),
    'hw_address': f.Mac(),
    'client_id': f.Masked(re.compile('[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+'),
                          'Value must be a colon-separated hexadecimal sequence (e.g., 01:02:f3).'),
    'hostname': f.Hostname(dns=True), 'description': f.Description(), 'next_server': f.Network('refused'),
}, (Unique(('hw_address', 'subnet'), 'Duplicate entry exists.', 'hw_address', True, references=1),
    Unique(('client_id', 'subnet'), 'Duplicate entry exists.', 'client_id', references=1),
    Unique(('ip_address',), 'Duplicate entry exists.', 'ip_address')), check=check_reservation, sort='hw_address')

ADDRESS_NEEDED = 'The field IP address is required.'
HOST = Model('host', 'hosts.host', {
    'enabled': f.Boolean('1', True),
    'hostname': f.Hostname(address=False, wildcard=True, dns=True, message='A valid hostname must be specified.'),
    'domain': f.Masked(f.DOMAIN, DOMAIN_MESSAGE, True),
    'rr': f.Options({'A': 'A (IPv4 address)', 'AAAA': 'AAAA (IPv6 address)', 'MX': 'MX (mail server)',
                     'TXT': 'TXT (text)'}, 'A', True),
    'mxprio': f.Integer(-INTEGER_MAX, INTEGER_MAX), 'mx': f.Hostname(), 'ttl': f.Integer(0, SECONDS_MAX),
    'server': f.Network('refused', v4=False), 'txtdata': f.Description(), 'addptr': f.Boolean('1', True),
    'description': f.Description(),
}, needed=(Needed('mxprio', 'rr', 'MX', 'The field MX Priority is required.'),
           Needed('mx', 'rr', 'MX', 'The field MX Host is required.'),
           Needed('server', 'rr', 'A', ADDRESS_NEEDED), Needed('server', 'rr', 'AAAA', ADDRESS_NEEDED),
           Needed('txtdata', 'rr', 'TXT', 'The field TXT Data is required.')), check=check_host)

HOST_ALIAS = Model('alias', 'aliases.alias', {
    'enabled': f.Boolean('1', True), 'host': f.Relation('host', ('hostname', 'domain')),
    'hostname': f.Hostname(address=False, wildcard=True, dns=True), 'domain': f.Masked(f.DOMAIN, DOMAIN_MESSAGE),
    'description': f.Description(),
}, needed=(Needed('hostname', 'domain', '', 'The host field is required if a domain has not been specified.', False),
           Needed('domain', 'hostname', '', 'The domain field is required if a host has not been specified.', False)))

# Servers that Unbound asks: forwards, and those over TLS.
DOT = Model('dot', 'dots.dot', {
    'enabled': f.Boolean('1', True), 'type': f.Options({'dot': 'DNS over TLS', 'forward': 'Forward'}, 'dot', True),
    'domain': f.Hostname(address=False, dns=True, message=DOMAIN_MESSAGE), 'server': f.Network('allowed', required=True),
    'port': f.Integer(1, 65535, message='Please specify a valid port number.'), 'verify': f.Hostname(),
    'forward_tcp_upstream': f.Boolean('0', True), 'forward_first': f.Boolean('0', True), 'description': f.Description(),
})

# The only settings of Kea itself that tenants touch; kept as one record.
KEA_GENERAL: Mapping[str, f.Field] = {'enabled': f.Boolean('0', True), 'interfaces': f.Interfaces(),
                                      'valid_lifetime': f.Integer(0, INTEGER_MAX, True, '4000'),
                                      'fwrules': f.Boolean('1', True)}
