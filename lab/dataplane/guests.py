"""VMs come up: a real DHCP client with the VM's MAC, or the address that cloud-init gives."""

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import machine, plan

# Clients side by side.
CLIENTS = 16
HERE = Path(__file__).parent
CONFIGURATION = '''timeout {timeout};
retry 1;
initial-interval 1;
backoff-cutoff 2;
request subnet-mask, broadcast-address, routers, domain-name-servers, domain-name, domain-search, ntp-servers, host-name;
'''


def boot(nics: list[plan.Nic], timeout: int) -> dict[int, dict[str, Any]]:
    """Gives each VM its address; what it got by VMID: address, prefix and options, or an error.

    `timeout` is how many seconds a VM asks for an address.
    """
    Path('/run/dhclient.conf').write_text(CONFIGURATION.format(timeout=timeout))
    with ThreadPoolExecutor(CLIENTS) as pool:
        return dict(pool.map(lambda nic: (nic.vmid, _boot(nic)), nics))


def name(nic: plan.Nic, address: str) -> None:
    """Gives a VM an address with its prefix, and asks nobody."""
    machine.ip(['addr flush dev eth0', f'addr add {address} broadcast + dev eth0', 'link set eth0 up'], nic.namespace)


def attach(nic: plan.Nic, gateway: str) -> None:
    """Gives a NIC beside the first the address that cloud-init gives it. Cloud-init gives it no gateway: a VM that wants out by it sets
    one, as this does."""
    if nic.fixed is None:
        raise plan.PlanError(f'VM {nic.vmid}: net{nic.number} without an address is not modelled')
    machine.ip(['addr flush dev eth0 scope global', f'addr add {nic.fixed.address} broadcast + dev eth0', 'link set eth0 up',
                f'route replace default via {gateway}'], nic.namespace)


def _boot(nic: plan.Nic) -> dict[str, Any]:
    machine.ip(['addr flush dev eth0 scope global', 'link set eth0 up'], nic.namespace)
    if nic.fixed is not None:
        address = nic.fixed.address
        lease = {'address': str(address.ip), 'prefix': address.network.prefixlen,
                 'gateway': nic.fixed.gateway, 'resolvers': nic.fixed.resolvers, 'search': nic.fixed.search}
    else:
        lease = _ask(nic)
    if 'error' not in lease:
        route = [f'route replace default via {lease["gateway"]}'] if lease['gateway'] else []
        machine.ip([f'addr add {lease["address"]}/{lease["prefix"]} broadcast + dev eth0', *route], nic.namespace)
    return lease


def _ask(nic: plan.Nic) -> dict[str, Any]:
    """Runs dhclient until it has a lease or gives up."""
    kept, leases = (Path(f'/run/{nic.namespace}.{what}') for what in ('lease', 'leases'))
    for file in (kept, leases):
        file.unlink(missing_ok=True)
    client = machine.start(nic.namespace, 'dhclient', '-4', '-1', '-d', '-q', '--no-pid', '-cf', '/run/dhclient.conf',
                           '-sf', str(HERE / 'lease-script'), '-e', f'LEASE={kept}', '-lf', str(leases), 'eth0',
                           log=f'/var/log/{nic.namespace}.log')
    client.wait()
    if not kept.exists():
        return {'error': 'no address came'}
    got = dict(line.split('=', 1) for line in kept.read_text().splitlines() if line.startswith('new_'))
    network = ipaddress.IPv4Interface(f'{got["new_ip_address"]}/{got["new_subnet_mask"]}')
    return {'address': str(network.ip), 'prefix': network.network.prefixlen,
            'gateway': got.get('new_routers', ''), 'resolvers': got.get('new_domain_name_servers', '').split(),
            'search': got.get('new_domain_search', '').rstrip('.'), 'ntp': got.get('new_ntp_servers', '').split(),
            'server': got.get('new_dhcp_server_identifier', '')}
