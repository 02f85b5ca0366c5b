"""Types of fields of the firewall's sections: rules, aliases and groups (opnsense/core 26.7.2, Firewall/FieldTypes and
Base/FieldTypes below src/opnsense/mvc/app/models/OPNsense)."""

import re
from typing import Any

from . import own, php
from .fields import Field, Options, is_network, is_wildcard

# Protocols that FreeBSD's /etc/protocols names, without IPv6's extension headers, in the order of ProtocolField.php:55.
PROTOCOLS = (
    'TCP UDP TCP/UDP ICMP ESP AH GRE IGMP PIM OSPF AX.25 DCCP DDP EGP EIGRP ENCAP ETHERIP ETHERNET FC GGP HIP HMP IDPR-CMTP '
    'IDRP IGP IPCOMP IPENCAP IPIP IPV6 IPV6-ICMP ISIS ISO-TP4 L2TP MANET MPLS-IN-IP MPTCP PUP RDP ROHC RSPF RSVP SCTP SHIM6 '
    'SKIP ST UDPLITE VMTP VRRP WESP XNS-IDP XTP').split()
# Names that stand for a port (Base/FieldTypes/PortField.php:42); the first one of its list is lost to `any` (:136).
SERVICES = frozenset((
    'any aol auth avt-profile-1 cvsup domain domain-s ftp hbci http https igmpv3lite imap imaps ipsec-msft ipsec-nat-t isakmp '
    'l2f ldap ldaps microsoft-ds ms-streaming ms-wbt-server msnp nat-stun-port netbios-dgm netbios-ns netbios-ssn nntp ntp '
    'openvpn pop3 pop3s pptp radius radius-acct rfb sip sip-tls smtp snmp snmptrap ssh submission submissions telnet teredo '
    'tftp urd wins').split())
# Words that no alias may have as its name (Firewall/FieldTypes/AliasNameField.php:55).
RESERVED = frozenset((
    'all allow-opts altq anchor antispoof any bandwidth binat binat-anchor bitmask block block-policy buckets cbq code codelq '
    'crop debug divert-reply divert-to drop drop-ovl dup-to fail-policy fairq fastroute file fingerprints flags floating flush '
    'for fragment from global group hfsc hogs hostid icmp-type icmp6-type if-bound in include inet inet6 interval keep label '
    'limit linkshare load log loginterface max max-mss max-src-conn max-src-conn-rate max-src-nodes max-src-states min-ttl '
    'modulate nat nat-anchor no no-df no-route no-sync on optimization os out overload pass port prio priority priq '
    'probability proto qlimit queue quick random random-id rdr rdr-anchor realtime reassemble reply-to require-order return '
    'return-icmp return-icmp6 return-rst round-robin route route-to rtable rule ruleset-optimization scrub set set-tos skip '
    'sloppy source-hash source-track state state-defaults state-policy static-port sticky-address synproxy table tag tagged '
    'target tbrsize timeout to tos ttl upperlimit urpf-failed user').split())


class Protocol(Options):
    """A protocol, in upper case but for `any` (Base/FieldTypes/ProtocolField.php:125)."""

    def __init__(self, required: bool = True, lower: bool = False) -> None:
        change = str.lower if lower else str.upper
        names = {change(name): name for name in PROTOCOLS}
        super().__init__({'any': 'any', **names} if required else names, 'any' if required else '', required, blank='any')
        self.change = change

    def clean(self, value: str) -> str:
        return 'any' if value.lower() == 'any' else self.change(value)


class Endpoints(Options):
    """Source or destination of a rule: an address, a network, any, an interface, or aliases
    (Base/FieldTypes/NetworkAliasField.php:62); the message names all that was sent (:54)."""

    def __init__(self, default: str = 'any', required: bool = True, many: bool = True) -> None:
        super().__init__({}, default, required, many)

    def choices(self, router: Any) -> dict[str, str]:
        known = {'any': 'any', '(self)': 'This Firewall'}
        for name, one in own.interfaces(router).items():
            known[name] = f'{one["description"]} net'
            if not one['virtual']:
                known[f'{name}ip'] = f'{one["description"]} address'
        return {**known, **{alias['name']: alias['name'] for alias in own.every_alias(router) if alias['type'] != 'port'}}

    def wrong(self, value: str, router: Any) -> list[str]:
        if php.is_address(value) or is_network(value):
            return []
        known = self.choices(router)
        unknown = [item for item in (value.split(',') if self.many else [value]) if item not in known]
        return [f'{value} is not a valid source IP address or alias.'] * len(unknown)

    def shown(self, value: str, router: Any) -> Any:
        return value


class Port(Field):
    """One port, a range, a service or an alias of ports (Base/FieldTypes/PortField.php:224)."""

    def __init__(self, ranges: bool = True, aliases: bool = True,
                 message: str = 'Please specify a valid portnumber, name, alias or range.') -> None:
        super().__init__(message=message)
        self.ranges, self.aliases = ranges, aliases

    def clean(self, value: str) -> str:
        service = value.strip().lower()
        return service if service in SERVICES else value

    def wrong(self, value: str, router: Any) -> list[str]:
        aliases = {alias['name'] for alias in own.every_alias(router) if alias['type'] == 'port'}
        if value in SERVICES or is_port(value) or (self.aliases and value in aliases):
            return []
        low, dash, high = value.partition('-')
        ordered = bool(dash) and is_port(low) and is_port(high) and int(low) < int(high)
        return [] if self.ranges and ordered else [self.message]


class AliasName(Field):
    """Name of an alias, at most 31 characters (Firewall/FieldTypes/AliasNameField.php:78)."""

    NAME = re.compile(r'([a-zA-Z]|(([_a-zA-Z][a-zA-Z0-9]|[a-zA-Z][_a-zA-Z0-9])[_a-zA-Z0-9]{0,29}))')

    def wrong(self, value: str, router: Any) -> list[str]:
        messages = []
        if not self.NAME.fullmatch(value):
            messages.append('The name must start with a letter or single underscore, be less than 32 characters and only '
                            'consist of alphanumeric characters or underscores.')
        if value in RESERVED:
            messages.append('The name cannot be the internally reserved keyword "%s".')
        # /etc/services and /etc/protocols of FreeBSD have many more names than OPNsense itself has.
        if value in SERVICES - {'any'} or value in {name.lower() for name in PROTOCOLS} | {*PROTOCOLS} - {'TCP/UDP'}:
            messages.append('Reserved protocol or service names may not be used')
        return messages


class AliasContent(Field):
    """Entries of an alias, one a line; what one may be is the type's to say (Firewall/FieldTypes/AliasContentField.php)."""

    def clean(self, value: str) -> str:
        return value

    def wrong_in(self, kind: str, value: str, router: Any) -> list[str]:
        """Faults of the entries of an alias of a type."""
        names = {alias['name'] for alias in own.every_alias(router)}
        check, words = ENTRIES.get(kind, (lambda entry: True, ''))
        known = names if kind in NESTING else frozenset()
        return [f'Entry "{entry}" is not {words}.' for entry in (value.split('\n') if value else ())
                if entry not in known and not check(entry)]

    def shown(self, value: str, router: Any) -> Any:
        """All aliases that there are beside the entries, with descriptions (Firewall/Api/AliasController.php:168)."""
        entries = {entry: {'value': entry, 'selected': 1} for entry in value.split('\n')}
        for alias in own.every_alias(router):
            entry = entries.setdefault(alias['name'], {'selected': 0, 'value': alias['name']})
            entry['description'] = alias['description']
        return entries


class GroupName(Field):
    """Name of an interface group (Firewall/FieldTypes/GroupNameField.php:57)."""

    def wrong(self, value: str, router: Any) -> list[str]:
        return [message for bad, message in (
            (re.search('[^a-zA-Z0-9_]', value), 'Only letters, digits and underscores are allowed as the group name.'),
            (len(value.encode()) > 15, 'The group name shall not be longer than 15 characters.'),
            (re.search('^[0-9]|[0-9]$', value), 'The group name shall not start or end with a digit.')) if bad]


MAC_BEGINNING = re.compile('[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){1,5}')


def is_port(text: str) -> bool:
    return php.is_integer(text) and text.strip() == text and 1 <= int(text) <= 65535 and text.isdigit()


def is_port_entry(entry: str) -> bool:
    """A port or a service, or a range of them with `:` (library/OPNsense/Firewall/Util.php:366)."""
    ends = entry.split(':')
    return len(ends) <= 2 and all(is_port(end) or end in SERVICES - {'any'} for end in ends)


def is_network_entry(entry: str) -> bool:
    """AliasContentField::validateNetwork (:235)."""
    bare = entry.removeprefix('!')
    ends = entry.split('-')
    between = [end for end in ends if end.strip()]
    return php.is_address(bare) or is_network(bare) or is_wildcard(bare) or (
        len(between) == 2 and all(php.is_address(end) for end in between))


def is_host_entry(entry: str) -> bool:
    """AliasContentField::validateHost (:181)."""
    ends = entry.split('-')
    if len(ends) == 2 and php.is_address(ends[0]):
        return php.is_address(ends[1])
    return php.is_address(entry.removeprefix('!')) or (not entry.startswith('!') and is_host_name(entry))


def is_host_name(text: str) -> bool:
    """Firewall\\Util::isDomain (library/OPNsense/Firewall/Util.php:389)."""
    labels = text.split('.')
    if labels[0].isdigit() and labels[-1].isdigit():
        return False
    return all(re.fullmatch(r'[^\W_](?:(?:[^\W_]|-)*[^\W_])?', label) for label in labels)


# What the entries of an alias of a type may be (AliasContentField.php, getValidators); countries and groups of people are let be.
ENTRIES = {
    'network': (is_network_entry, 'a network'), 'host': (is_host_entry, 'a valid hostname, IP address or range'),
    'port': (is_port_entry, 'a valid port number'), 'networkgroup': (lambda entry: False, 'a valid alias'),
    'mac': (lambda entry: MAC_BEGINNING.fullmatch(entry), 'a valid (partial) MAC address'),
    'asn': (lambda entry: php.is_integer(entry) and 1 <= int(entry) <= 2 ** 32, 'a valid ASN'),
    'dynipv6host': (lambda entry: php.is_address(f'0000{entry}'), 'a valid partial ipv6 address definition (e.g. ::1000)')}
# Types whose entries may be names of other aliases.
NESTING = ('network', 'host', 'port', 'networkgroup')
