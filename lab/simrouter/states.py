"""Open connections as pf keeps them, by what a client may ask of them (Diagnostics/Api/FirewallController.php and
src/opnsense/scripts/filter/lib/states.py of opnsense/core 26.7.2). No packet flows here, so a test says which there are; a reload
of the rules ends none, and a boot all."""

import ipaddress
import re
from typing import Any

State = dict[str, Any]
# Fields that a client finds a connection by.
ADDRESSES = ('src_addr', 'dst_addr', 'nat_addr', 'gateway')
FIELDS = ('iface', 'proto', 'src_addr', 'src_port', 'dst_addr', 'dst_port', 'direction', 'id')


def require_states(sent: Any) -> list[State]:
    """States with every field; raises ValueError for one that lacks some."""
    for one in sent:
        missing = [name for name in FIELDS if not isinstance(one.get(name), str)]
        if missing:
            raise ValueError(f'a state lacks {", ".join(missing)}')
    return [{'label': '', 'descr': '', 'nat_addr': None, 'nat_port': None, 'gateway': None, 'flags': [], 'ipproto': 'ipv4',
             'state': 'ESTABLISHED:ESTABLISHED', **one} for one in sent]


def query(router: Any, method: str, body: dict[str, Any]) -> dict[str, Any]:
    """queryStatesAction: words are networks, or parts of what a state shows; all must match."""
    found = [one for one in router.states if _matches(one, str(body.get('searchPhrase') or ''))] if method == 'POST' else []
    names = {one['device']: one['description'] for one in router.interfaces.values()}
    rows = [{**one, 'interface': names.get(one['iface'], one['iface'])} for one in found]
    count = int(body.get('rowCount', 9999))
    shown = rows[(int(body.get('current', 1)) - 1) * count:][:count] if count >= 0 else rows
    return {'rows': shown, 'rowCount': len(shown), 'total': len(rows), 'current': int(body.get('current', 1))}


def delete(router: Any, method: str, parts: list[str]) -> dict[str, Any]:
    """delStateAction: of the number of a state and of who made it."""
    if method != 'POST':
        return {'result': ''}
    wanted = '/'.join(re.sub('[^A-Za-z0-9]', '', part) for part in parts[:2])
    before = len(router.states)
    router.states = [one for one in router.states if one['id'] != wanted]
    return {'result': f'killed {before - len(router.states)} states'}


def _matches(state: State, phrase: str) -> bool:
    for word in phrase.split():
        try:
            network = ipaddress.ip_network(word)
        except ValueError:
            if word not in ' '.join(str(value) for value in state.values() if value):
                return False
            continue
        if not any(state[name] and network.overlaps(ipaddress.ip_network(state[name])) for name in ADDRESSES):
            return False
    return True
