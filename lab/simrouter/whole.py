"""All that is lasting on the router in a form that can be put back: the state, and who wrote what."""

import copy
from typing import Any

from simcommon.shape import MISSING, require

from . import inventory
from .models import KEA_GENERAL, MODELS
from .services import PROCESSES

PARTS = {'saved': dict, 'active': dict, 'interfaces': dict, 'running': dict, 'audit': list}
INTERFACE = {key: type(value) for key, value in inventory.interface('', '', '').items()}
# A write of the audit, from which revisions and who made them come.
WRITE = {'n': int, 'user': str, 'method': str, 'path': str, 'section': str, 'uuid': str, 'before': (dict, MISSING),
         'after': (dict, MISSING)}


def state(router: Any) -> dict[str, Any]:
    """Saved and active configuration, the interfaces, and which services run; no revisions and no journal."""
    return {part: getattr(router, part) for part in PARTS if part != 'audit'}


def save(router: Any) -> dict[str, Any]:
    """The whole of a router."""
    return copy.deepcopy({part: getattr(router, part) for part in PARTS})


def restore(router: Any, sent: Any) -> None:
    """Makes a router what save() gave. Raises ValueError for what no router can be, and then nothing is changed."""
    require('', sent, PARTS)
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
    for part, value in copy.deepcopy(sent).items():
        setattr(router, part, value)
