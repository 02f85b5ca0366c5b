"""The firewall files of PVE::Firewall, where fakepve leaves something out; nothing is enforced.

After pve-firewall 5.1.2, src/PVE/Firewall.pm, and Net::IP 1.26, whose errors it passes on.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from fakepve.firewall import FORMAT, empty_conf, parse_address_list, parse_ports, verify_protocol
from fakepve.model import PveError
from fakepve.routing import param_error

# Net::IP takes it for IPv4, and says what is wrong with it.
IPV4_TEXT = re.compile(r'[\d.]+')


class Firewall:
    """Mixin of the node: rules and ipsets as they are read back."""

    def wall_of(self, vmid: int) -> dict[str, Any] | None:
        """The firewall that a VM finds which starts now: options and number of rules; None where it has no file, so that PVE
        makes no chain for it (Firewall.pm:4362)."""
        conf = self._fw()['guests'].get(vmid)
        return None if conf in (None, empty_conf()) else {'options': dict(conf['options']), 'rules': len(conf['rules'])}

    def _check_rule(self, scope: str, rule: dict[str, Any], conf: dict[str, Any]) -> Any:
        """Faults of format are told of all fields at once, and others alone and without a prefix (Firewall.pm:1738,
        verify_rule, whose $add_error takes the line's end away)."""
        wrong = {name: text for name, check in FORMATS.items() if rule.get(name) and (text := _format_fault(name, rule[name], check))}
        if wrong:
            raise param_error(**wrong)
        try:
            return super()._check_rule(scope, rule, conf)
        except PveError as refused:
            mixed = _other_version(rule) if refused.message == MIXED else None
            if mixed is not None:
                # Of an address it is caught and told of its field; of an alias it is not.
                raise param_error(**{mixed: MIXED}) from None
            if refused.errors:
                refused.errors = {name: text.removeprefix(FORMAT).rstrip('\n') for name, text in refused.errors.items()}
            raise

    def _copy_rule_data(self, rule: dict[str, Any], v: dict[str, Any]) -> dict[str, Any]:
        return _with_comment_of_a_line(super()._copy_rule_data(rule, v))

    async def _fw_rule_get(self, scope: str, v: dict[str, Any], user: str) -> dict[str, Any]:
        # PVE::API2::Firewall::Rules hands the position of the path back as the text that it is; the list counts.
        return {**await super()._fw_rule_get(scope, v, user), 'pos': str(v['pos'])}

    async def _fw_ip_create(self, scope: str, v: dict[str, Any], user: str) -> None:
        await super()._fw_ip_create(scope, _with_comment_of_a_line(dict(v)), user)
        # The file has the entries of a set in the order of their text, and every request reads the file (format_ipsets).
        conf = self.firewall_config(scope, v.get('node'), v.get('vmid'))
        conf['ipset'][v['name']].sort(key=lambda entry: entry['cidr'])


def _with_comment_of_a_line(entry: dict[str, Any]) -> dict[str, Any]:
    """A comment is the end of a line in the file, so that what is behind a line feed is lost (Firewall.pm:3145, 3708)."""
    if entry.get('comment') is not None:
        entry['comment'] = entry['comment'].split('\n')[0].strip()
        if not entry['comment']:
            del entry['comment']
    return entry


# Fields of a rule that the API checks by a format as it reads the request.
FORMATS = {'proto': verify_protocol, 'dport': lambda text: parse_ports(text, True), 'sport': lambda text: parse_ports(text, False),
           'source': parse_address_list, 'dest': parse_address_list}
MIXED = 'detected mixed ipv4/ipv6 addresses in rule'
# Looked for before any address is.
COMMAS = 'extraneous commas in list'


def _other_version(rule: dict[str, Any]) -> str | None:
    """The end of a rule whose addresses are not of the version of what stands before it."""
    version = {'icmp': 4, 'icmpv6': 6, 'ipv6-icmp': 6}.get(rule.get('proto', ''))
    for name in ('source', 'dest'):
        found = parse_address_list(rule[name]) if rule.get(name) else None
        if found and version and found != version:
            return name
        version = version or found
    return None


def _format_fault(name: str, text: str, check: Callable[[str], Any]) -> str | None:
    """A message as `die "...\\n"` leaves it in a format's check, with what Net::IP says of an address (Firewall.pm:1093)."""
    try:
        check(text)
    except ValueError as fault:
        addresses = text.split(',') if name in ('source', 'dest') and str(fault) != COMMAS else ()
        wrong = next(filter(None, map(address_fault, addresses)), None)
        return f'{FORMAT}invalid IP address: {wrong}\n' if wrong else f'{FORMAT}{str(fault).rstrip()}\n'
    return None


def address_fault(text: str) -> str | None:
    """Fault that Net::IP finds in an address or a network, or None (ip_is_ipv4, ip_check_prefix)."""
    address, slash, length = text.partition('/')
    if ':' not in address:
        for bad, message in ((not IPV4_TEXT.fullmatch(address), f'Invalid chars in IP {address}'),
                             (address.startswith('.'), f'Invalid IP {address} - starts with a dot'),
                             (address.endswith('.'), f'Invalid IP {address} - ends with a dot'),
                             (address.count('.') > 3, f'Invalid IP address {address}'),
                             ('..' in address, f'Empty quad in IP address {address}')):
            if bad:
                return message
        for quad in address.split('.'):
            if int(quad) > 255:
                return f'Invalid quad in IP address {address} - {quad}'
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return None
    bits = f'{int(number):0{number.max_prefixlen}b}'
    if slash and length.isdigit():
        if int(length) > len(bits):
            return f'Prefix length {length} is longer than IP address ({len(bits)})'
        if '1' in bits[int(length):]:
            return f'Invalid prefix {bits}/{length}'
    return None
