"""Everything that a router has before any tenant: its site's segments, scopes, names and rules, none of them ours."""

import uuid
from typing import Any

from .models import Record
from .sections import MODELS
from .site import Segment, Site

LAN = 'lan'
MACS = ('00:e0:67:00:00:01', '00:e0:67:00:00:02')
# Behind it is the internet (RFC 5737).
UPLINK = '192.0.2.2/24'


def interface(device: str, description: str, addr4: str, enabled: bool = True) -> dict[str, Any]:
    """An assigned interface; pending is the device that it gets at the assignments' reconfigure, empty where it goes then."""
    return {'device': device, 'description': description, 'addr4': addr4, 'enabled': enabled, 'lock': False, 'pending': None}


def fill(router: Any, assigned: bool) -> None:
    """Puts the site's own base on a router, saved and active; `assigned`: the tenants' VLANs have had their one-time
    step, in which a person makes and assigns each."""
    site: Site = router.site
    uplink = 're0' if site.parent == 're1' else 're1'
    router.devices = {site.parent: {'macaddr': MACS[0]}, uplink: {'macaddr': MACS[1]}}
    lan = _lan(site)
    router.interfaces = {LAN: interface(site.parent, 'LAN', lan.address if lan else ''),
                         'wan': interface(uplink, 'WAN', UPLINK)}
    further = [(one.vlan, one.name, one.name, one.address) for one in _further(site)]
    tenants = [(vlan, f'tenant{vlan}', 'tenant segment', address) for vlan, address in site.tenants.items() if assigned]
    for index, (vlan, name, description, address) in enumerate((*further, *tenants), start=1):
        # A further one without a tag is on a NIC of its own.
        device = f'vlan0.{vlan}' if vlan else f'nic{index}'
        if vlan:
            _put(router, 'vlan', {'if': site.parent, 'tag': str(vlan), 'descr': description, 'vlanif': device})
        else:
            router.devices[device] = {'macaddr': f'{MACS[0][:-2]}{index + 2:02x}'}
        router.interfaces[f'opt{index}'] = interface(device, name.upper(), address)
    _dhcp(router, site)
    _names(router, site)
    _rules(router, site)
    for service in ('vlan', 'kea', 'unbound', 'alias'):
        router.activate(service)


def _lan(site: Site) -> Segment | None:
    """The segment of the LAN: the first one without a tag."""
    return next((one for one in site.segments if not one.vlan), None)


def _further(site: Site) -> list[Segment]:
    """Segments but the LAN's, in the order of their interfaces."""
    return [one for one in site.segments if one is not _lan(site)]


def _identifier(site: Site, segment: Segment) -> str:
    """Identifier of a segment's interface, such as opt1."""
    return LAN if segment is _lan(site) else f'opt{_further(site).index(segment) + 1}'


def _dhcp(router: Any, site: Site) -> None:
    served = ','.join([LAN, *(_identifier(site, one) for one in _further(site))])
    router.saved['kea_general'] = {'general': {'enabled': '1', 'interfaces': served, 'valid_lifetime': '4000',
                                               'fwrules': '1'}}
    subnets: dict[str, str] = {}
    for number, one in enumerate((one for one in site.segments if one.pool), start=1):
        subnets[one.name] = _put(router, 'subnet4', {
            'subnet_id': str(number), 'subnet': one.network, 'option_data_autocollect': '1',
            'option_data.routers': one.gateway, 'option_data.domain_name_servers': one.gateway,
            'option_data.ntp_servers': one.gateway, 'option_data.domain_name': site.domain,
            'pools': ' - '.join(one.pool or ()), 'description': f'{one.name} (VLAN {one.vlan})' if one.vlan else one.name})
    for segment, address, mac, hostname in site.reservations:
        _put(router, 'reservation', {
            'subnet': subnets[segment], 'ip_address': address, 'hw_address': mac,
            'hostname': hostname, 'description': f'Ansible managed - {hostname} (eth0)'})


def _names(router: Any, site: Site) -> None:
    for name, address, aliases in site.names:
        host = _put(router, 'host', {'hostname': name, 'domain': site.domain, 'server': address,
                                     'description': f'Ansible managed - {name}'})
        for alias in aliases:
            _put(router, 'host_alias', {'host': host, 'hostname': alias, 'domain': site.domain,
                                        'description': f'Ansible managed - {name}'})


def _rules(router: Any, site: Site) -> None:
    _put(router, 'alias', {'name': 'lab_private', 'type': 'network', 'description': 'ansible: private networks',
                           'content': '10.0.0.0/8\n172.16.0.0/12\n192.168.0.0/16', 'counters': ''})
    passes: list[tuple[str, str, str, str, Record]] = [('anti-lockout', LAN, 'any', '(self)', {})]
    for one in _further(site):
        name = _identifier(site, one)
        passes.append((f'{one.name} DNS', name, 'TCP/UDP', f'{name}ip', {'destination_port': '53'}))
        passes.append((f'{one.name} DHCP', name, 'UDP', 'any', {'destination_port': '67'}))
    networks = {one.name: one.network for one in site.segments}
    passes += [(f'{one.name} to {target}', _identifier(site, one), 'any', networks[target], {})
               for one in site.segments for target in one.reaches if target in networks]
    passes += [(f'{one.name} to internet', _identifier(site, one), 'any', 'lab_private', {'destination_not': '1'})
               for one in site.segments if 'internet' in one.reaches]
    for index, (what, name, protocol, destination, more) in enumerate(passes):
        _put(router, 'rule', {'sequence': str(100 + 10 * index), 'interface': name, 'protocol': protocol,
                              'destination_net': destination, 'description': f'ansible: {what}', **more})


def _put(router: Any, section: str, values: Record) -> str:
    """A record with defaults for what is not given; its uuid is the same on each router."""
    fields = MODELS[section].fields
    key = str(uuid.uuid5(uuid.NAMESPACE_DNS, f'{section} {sorted(values.items())}'))
    router.saved[section][key] = {**{name: field.default for name, field in fields.items()}, **values}
    return key
