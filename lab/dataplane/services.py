"""Configuration of the router's DHCP (Kea) and DNS (Unbound) from what the router holds. Pure."""

from typing import Any

from . import plan

# OPNsense's names of Kea's options, and Kea's own.
OPTIONS = {'option_data.routers': 'routers', 'option_data.domain_name_servers': 'domain-name-servers',
           'option_data.domain_search': 'domain-search', 'option_data.domain_name': 'domain-name',
           'option_data.ntp_servers': 'ntp-servers'}


def kea(router: plan.Record) -> dict[str, Any]:
    """Configuration of kea-dhcp4. It serves the interfaces on Kea's list alone, as on OPNsense."""
    listed = [one.device for one in plan.interfaces(router) if one.identifier in router['kea']['interfaces']]
    reservations = router['reservations']
    return {'Dhcp4': {
        'interfaces-config': {'interfaces': listed, 'dhcp-socket-type': 'raw'},
        'lease-database': {'type': 'memfile', 'persist': False},
        'valid-lifetime': int(router['kea']['valid_lifetime']),
        'subnet4': [_subnet(subnet, [one for one in reservations if one['subnet'] == subnet['uuid']])
                    for subnet in router['subnets']],
        'loggers': [{'name': 'kea-dhcp4', 'severity': 'WARN', 'output_options': [{'output': 'stderr'}]}]}}


def _subnet(subnet: plan.Record, reservations: list[plan.Record]) -> dict[str, Any]:
    return {'id': int(subnet['subnet_id']), 'subnet': subnet['subnet'],
            'match-client-id': plan.on(subnet, 'match-client-id', True),
            'pools': [{'pool': pool} for pool in subnet['pools'].split('\n') if pool],
            'option-data': [{'name': name, 'data': subnet[field].replace(',', ', ')}
                            for field, name in OPTIONS.items() if subnet.get(field)],
            'reservations': [{'hw-address': one['hw_address'], 'ip-address': one['ip_address'],
                              **({'hostname': one['hostname']} if one['hostname'] else {})} for one in reservations]}


def unbound(router: plan.Record) -> str:
    """unbound.conf: the router's own name, host overrides and their aliases as local data; every other question fails at once, since there
    is no internet: it goes to a port where nobody listens."""
    addresses = [str(one.address.ip) for one in plan.interfaces(router) if not one.uplink]
    return '\n'.join(['server:', '  username: ""', '  chroot: ""', '  directory: "/run"', '  pidfile: "/run/unbound.pid"',
                      '  use-syslog: no', '  verbosity: 0', '  do-ip6: no', '  module-config: "iterator"',
                      '  num-threads: 1', '  access-control: 0.0.0.0/0 allow',
                      *(f'  interface: {address}' for address in addresses), *_names(router),
                      '  do-not-query-localhost: no', 'forward-zone:', '  name: "."', '  forward-addr: 127.0.0.1@1',
                      'remote-control:', '  control-enable: no', ''])


def _names(router: plan.Record) -> list[str]:
    lines = []
    for own in router['own_names']:
        lines.append(f'  local-data: "{own["name"]} A {own["address"]}"')
        if own['reverse']:
            lines.append(f'  local-data-ptr: "{own["address"]} {own["name"]}"')
    for host in router['hosts']:
        if host['rr'] != 'A' or not plan.on(host, 'enabled', True):
            continue
        name = f'{host["hostname"]}.{host["domain"]}'
        lines.append(f'  local-data: "{name} A {host["server"]}"')
        if plan.on(host, 'addptr', True):
            lines.append(f'  local-data-ptr: "{host["server"]} {name}"')
        # An alias without a name or domain of its own has its host's.
        lines += [f'  local-data: "{alias["hostname"] or host["hostname"]}.{alias["domain"] or host["domain"]} A '
                  f'{host["server"]}"' for alias in router['host_aliases']
                  if alias['host'] == host['uuid'] and plan.on(alias, 'enabled', True)]
    return lines
