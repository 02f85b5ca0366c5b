"""What core-rt02 of dvntm has before any tenant: the lab's segments, scopes, names and rules, none of them ours."""

import uuid
from typing import Any

from .hostname import DOMAIN, HOSTNAME
from .models import Record
from .sections import MODELS

SITE, PARENT = 20, 're0'
# Inventory key and VLAN of each core segment that the router has an address in, in the order of its optN.
CORE = {'trusted': 10, 'storage': 20, 'platform': 25, 'iot': 30, 'iot_vendor': 31, 'iot_backend': 35, 'guest': 40}
# Core segments with a DHCP scope, and its pool.
SCOPES = {'trusted': (100, 200), 'iot': (100, 200), 'guest': (50, 250)}
TENANT_VLANS = range(50, 60)
# Who passes to whom in the lab's zone matrix.
MATRIX = {'trusted': ('storage', 'platform', 'iot', 'iot_backend'), 'iot': ('iot_backend',),
          'iot_backend': ('platform',)}
DEVICES: dict[str, dict[str, Any]] = {'re0': {'macaddr': '00:e0:67:00:00:01'}, 're1': {'macaddr': '00:e0:67:00:00:02'}}


def network(vlan: int) -> str:
    return f'10.{SITE}.{vlan}'


def interface(device: str, description: str, addr4: str, enabled: bool = True) -> dict[str, Any]:
    """An assigned interface; pending is the device that it gets at the assignments' reconfigure, empty where it goes then."""
    return {'device': device, 'description': description, 'addr4': addr4, 'enabled': enabled, 'lock': False, 'pending': None}


def fill(router: Any, assigned: bool) -> None:
    """Puts the lab's own base on a router, saved and active; `assigned`: the tenants' VLANs have had their one-time
    step, in which a person makes and assigns VLANs 50-59."""
    router.devices = {name: dict(device) for name, device in DEVICES.items()}
    router.interfaces = {'lan': interface(PARENT, 'LAN', f'{network(99)}.1/24'),
                         'wan': interface('re1', 'WAN', '192.0.2.2/24')}
    segments = [*CORE.items(), *((f'tenant{vlan}', vlan) for vlan in TENANT_VLANS if assigned)]
    for index, (name, vlan) in enumerate(segments, start=1):
        description = 'tenant segment' if vlan in TENANT_VLANS else name
        _put(router, 'vlan', {'if': PARENT, 'tag': str(vlan), 'descr': description, 'vlanif': f'vlan0.{vlan}'})
        router.interfaces[f'opt{index}'] = interface(f'vlan0.{vlan}', name.upper(), f'{network(vlan)}.1/24')
    _dhcp(router)
    _names(router)
    _rules(router)
    for service in ('vlan', 'kea', 'unbound', 'alias'):
        router.activate(service)


def identifier(segment: str) -> str:
    """Identifier of a core segment's interface, such as opt1."""
    return 'lan' if segment == 'management' else f'opt{list(CORE).index(segment) + 1}'


def _dhcp(router: Any) -> None:
    served = ','.join(['lan', *(identifier(name) for name in CORE)])
    router.saved['kea_general'] = {'general': {'enabled': '1', 'interfaces': served, 'valid_lifetime': '4000',
                                               'fwrules': '1'}}
    for number, (name, (low, high)) in enumerate(SCOPES.items(), start=1):
        vlan = CORE[name]
        gateway = f'{network(vlan)}.1'
        subnet = _put(router, 'subnet4', {
            'subnet_id': str(number), 'subnet': f'{network(vlan)}.0/24', 'option_data_autocollect': '1',
            'option_data.routers': gateway, 'option_data.domain_name_servers': gateway,
            'option_data.ntp_servers': gateway, 'option_data.domain_name': DOMAIN,
            'pools': f'{network(vlan)}.{low} - {network(vlan)}.{high}', 'description': f'{name} (VLAN {vlan})'})
        if name == 'iot':
            _put(router, 'reservation', {
                'subnet': subnet, 'ip_address': f'{network(vlan)}.11', 'hw_address': 'DC:A6:32:00:00:11',
                'hostname': 'pi01', 'description': 'Ansible managed - pi01 (eth0)'})


def _names(router: Any) -> None:
    for name, address in ((HOSTNAME, '10.20.99.1'), ('hv02', '10.20.99.22'), ('provisioner-ph01', '10.20.99.95')):
        host = _put(router, 'host', {'hostname': name, 'domain': DOMAIN, 'server': address,
                                     'description': f'Ansible managed - {name}'})
        if name == 'provisioner-ph01':
            _put(router, 'host_alias', {'host': host, 'hostname': 'artifacts', 'domain': DOMAIN,
                                        'description': 'Ansible managed - provisioner-ph01'})


def _rules(router: Any) -> None:
    _put(router, 'alias', {'name': 'lab_private', 'type': 'network', 'description': 'ansible: private networks',
                           'content': '10.0.0.0/8\n172.16.0.0/12\n192.168.0.0/16', 'counters': ''})
    passes = [('anti-lockout', 'lan', 'any', '(self)', {})]
    for name in CORE:
        own = f'{identifier(name)}ip'
        passes.append((f'{name} DNS', identifier(name), 'TCP/UDP', own, {'destination_port': '53'}))
        passes.append((f'{name} DHCP', identifier(name), 'UDP', 'any', {'destination_port': '67'}))
    passes += [(f'{source} to {target}', identifier(source), 'any', f'{network(CORE[target])}.0/24', {})
               for source, targets in MATRIX.items() for target in targets]
    passes.append(('trusted to internet', identifier('trusted'), 'any', 'lab_private', {'destination_not': '1'}))
    for index, (what, name, protocol, destination, more) in enumerate(passes):
        _put(router, 'rule', {'sequence': str(100 + 10 * index), 'interface': name, 'protocol': protocol,
                              'destination_net': destination, 'description': f'ansible: {what}', **more})


def _put(router: Any, section: str, values: Record) -> str:
    """A record with defaults for what is not given; its uuid is the same on each router."""
    fields = MODELS[section].fields
    key = str(uuid.uuid5(uuid.NAMESPACE_DNS, f'{section} {sorted(values.items())}'))
    router.saved[section][key] = {**{name: field.default for name, field in fields.items()}, **values}
    return key
