"""The site that a router stands in before any tenant: its own name, its segments and the tenants' VLANs. Pure."""

import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Segment:
    """One of the site's own segments."""

    name: str
    # 0: without a tag, on the router's LAN.
    vlan: int
    # The router's address in it, with its length, as 10.20.10.1/24.
    address: str
    # First and last address of its DHCP pool; None: addresses are static there.
    pool: tuple[str, str] | None
    # Names of the segments, and `internet`, that its connections go to.
    reaches: tuple[str, ...]

    @property
    def network(self) -> str:
        return str(ipaddress.IPv4Interface(self.address).network)

    @property
    def gateway(self) -> str:
        return self.address.partition('/')[0]


@dataclass(frozen=True)
class Site:
    hostname: str
    domain: str
    # NIC that carries the VLANs.
    parent: str
    segments: tuple[Segment, ...]
    # The router's address in each VLAN that tenants may have.
    tenants: dict[int, str]
    # Names in Unbound: hostname, address, aliases.
    names: tuple[tuple[str, str, tuple[str, ...]], ...]
    # Reservations in Kea: segment, address, MAC, hostname.
    reservations: tuple[tuple[str, str, str, str], ...]


def parse(sent: Any) -> Site:
    """A site from JSON; raises KeyError, TypeError, AttributeError or ValueError for what is none."""
    return Site(sent['hostname'], sent['domain'], sent['parent'], tuple(_segment(one) for one in sent['segments']),
                {int(vlan): str(ipaddress.IPv4Interface(address)) for vlan, address in sent['tenants'].items()},
                tuple((one['hostname'], one['address'], tuple(one.get('aliases', ()))) for one in sent['names']),
                tuple((one['segment'], one['address'], one['mac'], one['hostname'])
                      for one in sent.get('reservations', ())))


def _segment(sent: dict[str, Any]) -> Segment:
    pool = sent.get('pool')
    return Segment(sent['name'], int(sent['vlan']), str(ipaddress.IPv4Interface(sent['address'])),
                   None if pool is None else (pool[0], pool[1]), tuple(sent.get('reaches', ())))


# Where none is given: the lab's own substrate dvntm.
DVNTM = parse(json.loads(Path(__file__).with_name('dvntm.json').read_text()))
