"""All that is lasting on the router in a form that can be put back: the state, and who wrote what."""

import copy
from typing import Any

from simcommon.shape import MISSING, require

from . import inventory
from .models import KEA_GENERAL
from .sections import MODELS
from .services import PROCESSES

PARTS = {'saved': dict, 'active': dict, 'interfaces': dict, 'running': dict, 'snat_mode': str, 'audit': list}
INTERFACE = {**{key: type(value) for key, value in inventory.interface('', '', '').items()}, 'pending': (str, MISSING)}
# A write of the audit, from which revisions and who made them come.
WRITE = {'n': int, 'user': str, 'method': str, 'path': str, 'section': str, 'uuid': str, 'before': (dict, MISSING),
         'after': (dict, MISSING)}


# Sections and fields that states of earlier labs do not have.
LATER: dict[str, tuple[str, ...]] = {
    'group': (), 'dnat': (), 'source_nat': (), 'one_to_one': (), 'dot': (), 'host': ('mxprio', 'mx', 'ttl', 'txtdata'),
    'rule': ('statetype', 'icmptype', 'gateway', 'replyto', 'sched'), 'reservation': ('client_id', 'next_server'),
    'subnet4': ('option_data.time_servers',)}


def state(router: Any) -> dict[str, Any]:
    """Saved and active configuration, the interfaces, and which services run; no revisions and no journal. Kea's list of
    interfaces is sorted: a client reads it in the order of their descriptions and writes it back so, which changes nothing."""
    parts = copy.deepcopy({part: getattr(router, part) for part in PARTS if part != 'audit'})
    for side in ('saved', 'active'):
        general = parts[side]['kea_general']['general']
        general['interfaces'] = ','.join(sorted(general['interfaces'].split(',')))
    return parts


def save(router: Any) -> dict[str, Any]:
    """The whole of a router."""
    return copy.deepcopy({part: getattr(router, part) for part in PARTS})


def restore(router: Any, sent: Any) -> None:
    """Makes a router what save() gave. Raises ValueError for what no router can be, and then nothing is changed."""
    # Of the outbound NAT's mode an earlier lab's router knew nothing.
    sent = {'snat_mode': 'hybrid', **sent} if isinstance(sent, dict) else sent
    require('', sent, PARTS)
    sent = _grown(copy.deepcopy(sent))
    for side in ('saved', 'active'):
        require(side, sent[side], {**dict.fromkeys(MODELS, dict), 'kea_general': dict})
        for section, model in MODELS.items():
            for uuid, record in sent[side][section].items():
                require(f'{side}.{section}.{uuid}', record, dict.fromkeys(model.fields, str))
        require(f'{side}.kea_general', sent[side]['kea_general'], {'general': dict})
        require(f'{side}.kea_general.general', sent[side]['kea_general']['general'], dict.fromkeys(KEA_GENERAL, str))
    for identifier, interface in sent['interfaces'].items():
        require(f'interfaces.{identifier}', interface, INTERFACE)
    require('running', sent['running'], dict.fromkeys(PROCESSES, bool))
    for at, write in enumerate(sent['audit']):
        require(f'audit[{at}]', write, WRITE)
    for part, value in sent.items():
        setattr(router, part, value)


def _grown(sent: dict[str, Any]) -> dict[str, Any]:
    """A state with what routers came to hold after it was saved, so that the state of an earlier lab is taken still."""
    for sections in (sent['saved'], sent['active']):
        for section, names in LATER.items():
            if not names:
                sections.setdefault(section, {})
            for record in sections.get(section, {}).values():
                record.update({name: MODELS[section].fields[name].default for name in names if name not in record})
    for interface in sent['interfaces'].values():
        interface.update({name: inventory.interface('', '', '')[name] for name in ('lock', 'pending') if name not in interface})
    return sent
