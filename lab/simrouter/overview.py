"""Interfaces > Overview: every device that is active, assigned or not (src/opnsense/mvc/app/controllers/OPNsense/Interfaces/
Api/OverviewController.php:108, parseIfInfo, of opnsense/core 26.7.2)."""

from typing import Any

Entry = dict[str, Any]
LOOPBACK: Entry = {'device': 'lo0', 'status': 'up', 'identifier': 'lo0', 'description': 'Loopback', 'enabled': True,
                   'link_type': 'static', 'addr4': '127.0.0.1/8', 'addr6': '::1/128', 'vlan_tag': None}


def entries(router: Any) -> list[Entry]:
    """Physical devices, loopback and VLANs; one that is not assigned has no address, no tag of its own and is not enabled."""
    assigned = {one['device']: (name, one) for name, one in router.interfaces.items()}
    vlans = {record['vlanif']: record for record in router.active['vlan'].values()}
    found = [_entry(device, None, assigned.get(device)) for device in router.devices]
    return [*found, dict(LOOPBACK), *(_entry(device, vlan, assigned.get(device)) for device, vlan in vlans.items())]


def _entry(device: str, vlan: dict[str, str] | None, assigned: tuple[str, Entry] | None) -> Entry:
    entry: Entry = {'device': device, 'status': 'up', 'identifier': '', 'description': 'Unassigned Interface'}
    if vlan is not None:
        entry['vlan'] = {'tag': vlan['tag'], 'proto': vlan['proto'] or '802.1q', 'pcp': vlan['pcp'], 'parent': vlan['if']}
    if assigned is not None:
        name, one = assigned
        static = bool(one['addr4']) and one['enabled']
        entry.update(identifier=name, description=one['description'] or name.upper(), enabled=one['enabled'],
                     link_type='static' if one['addr4'] else 'none', addr4=one['addr4'] if static else '', addr6='',
                     vlan_tag=vlan['tag'] if vlan is not None else None)
    return entry
