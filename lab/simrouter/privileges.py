"""What the user of an API key may ask: OPNsense's privileges, by their names in the router's GUI."""

import re

from .versions import Version

# Patterns of the paths that each opens, as ACL/ACL.xml of each module has them; only those of the endpoints here, and one
# that looks as if it were enough for host overrides.
PATTERNS: dict[str, tuple[str, ...]] = {
    'Interfaces: VLAN': ('api/interfaces/vlan_settings/*',),
    'Status: Interfaces': ('api/interfaces/overview/*',),
    'Services: DHCP: Kea(v4)': ('api/kea/dhcpv4/*', 'api/kea/leases4/*', 'api/kea/service/*'),
    'Services: Unbound': ('api/unbound/*',),
    'Services: Unbound DNS: Edit Host and Domain Override': tuple(
        f'api/unbound/settings/{verb}_{noun}/*' for noun in ('host_override', 'host_alias', 'domain_override')
        for verb in ('search', 'get', 'set', 'add', 'del', 'toggle')),
    'Firewall: Rules [new]': ('api/firewall/filter/*',),
    'Firewall: Alias: Edit': ('api/firewall/alias/*',),
    'Firewall: Aliases': ('api/firewall/alias/export', 'api/firewall/alias/search*', 'api/firewall/alias/list*',
                          'api/firewall/alias/get*'),
    'Interfaces: Assign network ports': ('api/interfaces/assignment/*',),
    'Firewall: Groups': ('api/firewall/group/*',),
    'Firewall: NAT: Destination NAT': ('api/firewall/d_nat/*',),
    'Firewall: NAT: Source NAT': ('api/firewall/source_nat/*',),
    'Firewall: NAT: 1:1': ('api/firewall/one_to_one/*',),
    'Diagnostics: Show States': tuple(f'api/diagnostics/firewall/{action}*' for action in (
        'query_states', 'del_state', 'kill_states', 'flush_sources', 'flush_states')),
    'Diagnostics: Configuration History': ('api/core/backup/*',),
    'System: Firmware': ('api/core/firmware/*',),
    'All pages': ('*',),
}
# Paths that every user may ask (Core/ACL.php:315).
EVERYBODY = ('api/core/menu/*',)
# What the user of the program's key has, as docs/core-router.md asks for it; assigning VLANs is left to a person.
PROGRAM = ('Interfaces: VLAN', 'Status: Interfaces', 'Services: DHCP: Kea(v4)', 'Services: Unbound',
           'Firewall: Rules [new]', 'Firewall: Alias: Edit', 'Firewall: Groups', 'Firewall: NAT: Destination NAT',
           'Firewall: NAT: Source NAT', 'Firewall: NAT: 1:1', 'Diagnostics: Show States')


def program(version: Version) -> tuple[str, ...]:
    """Privileges of the program's user under the names of a version."""
    return tuple(version.privilege_names.get(name, name) for name in PROGRAM)


def patterns(version: Version) -> dict[str, tuple[str, ...]]:
    """Patterns of paths by the names that a version has for its privileges."""
    return {version.privilege_names.get(name, name): opened for name, opened in PATTERNS.items()}


def require_privileges(version: Version, names: list[str]) -> tuple[str, ...]:
    """The names; raises ValueError for one that the version does not have."""
    unknown = [name for name in names if name not in patterns(version)]
    if unknown:
        raise ValueError(f'unknown privileges: {", ".join(unknown)}')
    return tuple(names)


def opens(version: Version, privileges: tuple[str, ...], path: str) -> bool:
    """Whether one of the privileges opens a path, which is compared as it was asked: host overrides are opened as
    search_host_override and not as searchHostOverride (Core/ACL.php, urlMatch)."""
    opened = patterns(version)
    return any(_matches(pattern, path) for pattern in (*EVERYBODY, *(one for name in privileges for one in opened[name])))


def _matches(pattern: str, path: str) -> bool:
    expression = re.escape(pattern).replace(r'\*', '.*')
    if expression.endswith('/.*'):
        # With nothing behind the path, too.
        expression = f'{expression[:-3]}(/.*)?'
    return re.fullmatch(f'/{expression}', path) is not None
