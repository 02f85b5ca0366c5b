"""Sections of the firewall: rules, aliases, interface groups, and address translation (opnsense/core 26.7.2, models
Firewall/Filter, Alias, Group and DNat below src/opnsense/mvc/app/models/OPNsense)."""

from typing import Any

from . import fields as f
from . import firewall_fields as w
from . import php
from .models import Faults, Model, Record, Unique

PORT_PROTOCOLS = ('TCP', 'UDP', 'TCP/UDP')
FAMILIES = {'inet': 'IPv4', 'inet6': 'IPv6'}
STATES = {'keep': 'keep state', 'sloppy': 'sloppy state', 'modulate': 'modulate state', 'synproxy': 'synproxy state',
          'none': 'no state'}
ICMP_TYPES = {
    'echoreq': 'Echo Request', 'echorep': 'Echo Reply', 'unreach': 'Destination Unreachable', 'redir': 'Redirect',
    'routeradv': 'Router Advertisement', 'routersol': 'Router Solicitation', 'timex': 'Time Exceeded',
    'paramprob': 'Parameter Problem', 'timereq': 'Timestamp', 'timerep': 'Timestamp Reply', 'photuris': 'Photuris',
    'squench': 'Source Quench', 'althost': 'Alternate Host Address', 'inforeq': 'Information Request',
    'inforep': 'Information Reply', 'maskreq': 'Address Mask Request', 'maskrep': 'Address Mask Reply',
    'trace': 'Traceroute', 'dataconv': 'Data conversion problem', 'mobredir': 'Mobile host redirection',
    'ipv6-where': 'IPv6 where-are-you', 'ipv6-here': 'IPv6 i-am-here', 'mobregreq': 'Mobile registration request',
    'mobregrep': 'Mobile registration reply', 'skip': 'SKIP'}
ALIAS_TYPES = {
    'host': 'Host(s)', 'network': 'Network(s)', 'port': 'Port(s)', 'url': 'URL (IPs)', 'urltable': 'URL Table (IPs)',
    'urljson': 'URL Table in JSON format (IPs)', 'geoip': 'GeoIP', 'networkgroup': 'Network group', 'mac': 'MAC address',
    'asn': 'BGP ASN', 'dynipv6host': 'Dynamic IPv6 Host', 'authgroup': 'OpenVPN group',
    'internal': 'Internal (automatic)', 'external': 'External (advanced)'}
# Gateways of the router: OPNsense's two that lead nowhere, and the site's.
GATEWAYS = {'Null4': 'Null4 - 127.0.0.1', 'Null6': 'Null6 - ::1', 'WANGW': 'WANGW - 192.0.2.1'}
GATEWAY_MESSAGE = 'Specify a valid gateway from the list matching the networks ip protocol.'
SEQUENCE_MESSAGE = 'Sequence shall be between 1 and 999999.'
MAPPED_PORT_MESSAGE = 'Please specify a valid port number, well-known name, alias or range.'


def check_rule(router: Any, uuid: str, record: Record) -> Faults:
    """Firewall/Filter.php:42."""
    wrong = _check_ends(record)
    if record['icmptype'] and record['protocol'] != 'ICMP':
        wrong.append(('icmptype', 'Option only applies to ICMP packets'))
    several = [side for side in ('source', 'destination') if ',' in record[f'{side}_net'] and record[f'{side}_not'] == '1']
    # The one stands at the switch, the other at the addresses (Filter.php:111).
    wrong += [('source_not' if side == 'source' else 'destination_net',
               f'Inverting {side}s is only allowed for single targets to avoid mis-interpretations') for side in several]
    if record['interfacenot'] == '1' and (',' in record['interface'] or not record['interface']):
        wrong.append(('interfacenot', 'Inverting interfaces is only allowed for single targets to avoid '
                                      'mis-interpretations'))
    return wrong


def check_source_nat(router: Any, uuid: str, record: Record) -> Faults:
    """Firewall/Filter.php:149."""
    wrong = _check_ends(record)
    if record['target'] == 'any':
        wrong.append(('target', 'Target address cannot be any.'))
    if _single(record['target']) and _family(record['target']) != record['ipprotocol']:
        wrong.append(('target', 'Target address type should match selected TCP/IP protocol version.'))
    if record['target_port'] and record['protocol'] not in PORT_PROTOCOLS:
        wrong.append(('target_port', 'Target ports are only valid for tcp or udp type rules.'))
    return wrong


def _check_ends(record: Record) -> Faults:
    """Rule of Filter.php:52 for source and destination alike."""
    wrong: Faults = []
    for side in ('source', 'destination'):
        if record[f'{side}_port'] and record['protocol'] not in PORT_PROTOCOLS:
            wrong.append((f'{side}_port', f'{side.title()} ports are only valid for tcp or udp type rules.'))
    for side in ('destination', 'source'):
        if _single(record[f'{side}_net']) and _family(record[f'{side}_net']) != record['ipprotocol']:
            wrong.append((f'{side}_net', f'{side.title()} address type should match selected TCP/IP protocol version.'))
    for side in ('source', 'destination'):
        items = record[f'{side}_net'].split(',')
        if len(items) > 1 and 'any' in items:
            wrong.append((f'{side}_net', 'Any can not be combined with other aliases'))
    return wrong


def check_alias(router: Any, uuid: str, record: Record) -> Faults:
    """Entries are checked by the alias's type, of which the field knows nothing (AliasContentField.php:353)."""
    return [('content', message) for message in CONTENT.wrong_in(record['type'], record['content'], router)]


def _single(text: str) -> bool:
    return php.is_address(text) or f.is_network(text)


def _family(text: str) -> str:
    return 'inet6' if ':' in text else 'inet'


def _sequence() -> f.Integer:
    return f.Integer(1, 999999, True, message=SEQUENCE_MESSAGE)


RULE = Model('rule', 'rules.rule', {
    'enabled': f.Boolean('1', True), 'statetype': f.Options(STATES, 'keep', True), 'sequence': _sequence(),
    'action': f.Options({'pass': 'Pass', 'block': 'Block', 'reject': 'Reject'}, 'pass', True),
    'quick': f.Boolean('1', True), 'interfacenot': f.Boolean('0', True), 'interface': f.Interfaces(dynamic=True),
    'direction': f.Options({'in': 'In', 'out': 'Out', 'any': 'Both'}, 'in', True),
    'ipprotocol': f.Options({**FAMILIES, 'inet46': 'any'}, 'inet', True), 'protocol': w.Protocol(),
    'icmptype': f.Options(ICMP_TYPES, many=True), 'source_net': w.Endpoints(), 'source_not': f.Boolean('0', True),
    'source_port': w.Port(), 'destination_net': w.Endpoints(), 'destination_not': f.Boolean('0', True),
    'destination_port': w.Port(), 'gateway': f.Options(GATEWAYS, message=GATEWAY_MESSAGE),
    'replyto': f.Options(GATEWAYS, message=GATEWAY_MESSAGE), 'log': f.Boolean('0', True), 'sched': f.Options({}),
    'description': f.Description(),
}, check=check_rule, sort='sequence')

CONTENT = w.AliasContent()
ALIAS = Model('alias', 'aliases.alias', {
    'enabled': f.Boolean('1', True), 'name': w.AliasName(required=True),
    'type': f.Options(ALIAS_TYPES, required=True), 'counters': f.Boolean(), 'content': CONTENT,
    'description': f.Description(),
}, (Unique(('name',), 'An alias with this name already exists.', 'name', required=True),), check=check_alias, sort='name')

GROUP = Model('group', 'ifgroupentry', {
    'ifname': w.GroupName(required=True), 'members': f.Interfaces(required=True), 'nogroup': f.Boolean(),
    'sequence': f.Integer(0, 9999, True, '0', 'Provide a valid sequence number for sorting.'), 'descr': f.Description(),
}, (Unique(('ifname',), 'Group name already exists.', 'ifname', required=True),), sort='ifname')


def _mapped(side: str) -> dict[str, f.Field]:
    """One end of a port forward (Firewall/FieldTypes/NetworkMappedField.php, PortMappedField.php)."""
    return {f'{side}.network': w.Endpoints('', False, False), f'{side}.port': w.Port(message=MAPPED_PORT_MESSAGE),
            f'{side}.not': f.Boolean()}


# A port forward: `pass` is `pass` where the forward itself lets in (ForwardRule.php:105), `rule` where it makes a rule.
DNAT = Model('rule', 'rule', {
    'sequence': _sequence(), 'disabled': f.Boolean(), 'nordr': f.Boolean(), 'interface': f.Interfaces(dynamic=True),
    'ipprotocol': f.Options({**FAMILIES, 'inet46': 'IPv4+IPv6'}, blank='any'), 'protocol': w.Protocol(False, True),
    **_mapped('source'), **_mapped('destination'), 'target': w.Endpoints('', False, False),
    'local-port': w.Port(False, message='Please specify a valid port number or alias.'), 'log': f.Boolean(),
    'descr': f.Description(), 'pass': f.Options({'pass': 'Pass', 'rule': 'Register rule'}, blank='Manual'),
}, sort='sequence')

SOURCE_NAT = Model('rule', 'snatrules.rule', {
    'enabled': f.Boolean('1', True), 'nonat': f.Boolean('0', True), 'sequence': _sequence(),
    'interface': f.Interfaces(False, True, True, 'lan'), 'ipprotocol': f.Options(FAMILIES, 'inet', True),
    'protocol': w.Protocol(), 'source_net': w.Endpoints(many=False), 'source_not': f.Boolean('0', True),
    'source_port': w.Port(), 'destination_net': w.Endpoints(many=False), 'destination_not': f.Boolean('0', True),
    'destination_port': w.Port(), 'target': w.Endpoints('', False, False), 'target_port': w.Port(aliases=False),
    'staticnatport': f.Boolean(), 'log': f.Boolean('0', True), 'description': f.Description(),
}, check=check_source_nat, sort='sequence')

ONE_TO_ONE = Model('rule', 'onetoone.rule', {
    'enabled': f.Boolean('1', True), 'log': f.Boolean('0', True), 'sequence': _sequence(),
    'interface': f.Interfaces(False, True, True, 'wan'), 'type': f.Options({'binat': 'BINAT', 'nat': 'NAT'}, 'binat', True),
    'source_net': w.Endpoints('', many=False), 'source_not': f.Boolean('0', True), 'destination_net': w.Endpoints(many=False),
    'destination_not': f.Boolean('0', True), 'external': f.Network('allowed', required=True, v4=False),
    'description': f.Description(),
}, sort='sequence')
