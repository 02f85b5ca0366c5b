"""The place that a node has in its site. Pure."""

import ipaddress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Site:
    # PVE node name.
    node: str
    # DNS name in its certificate.
    host: str
    # Address of its bridge, with its length, and the router there.
    address: str
    gateway: str
    # Names of its templates, oldest first.
    templates: tuple[str, ...]
    # VLAN of the one VM that is no tenant's; 0: untagged.
    other_vlan: int


# Where none is given: the lab's own substrate dvntm.
DVNTM = Site('pve2', 'hv02.dvntm.deevnet.net', '10.20.99.22/24', '10.20.99.1',
             ('fedora-server-44-1.9', 'fedora-server-44-1.10'), 30)


def parse(sent: Any) -> Site:
    """A site from JSON; raises KeyError, TypeError or ValueError for what is none."""
    return Site(sent['node'], sent['host'], str(ipaddress.IPv4Interface(sent['address'])),
                str(ipaddress.IPv4Address(sent['gateway'])), tuple(sent['templates']), int(sent['other_vlan']))
