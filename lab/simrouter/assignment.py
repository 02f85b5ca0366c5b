"""Interfaces and their devices, which 26.7 can assign by its API: the device alone, neither enabled nor with an address
(src/opnsense/mvc/app/models/OPNsense/Interfaces/NetworkInterface.php of opnsense/core 26.7.2)."""

import re
from typing import Any

from . import fields as f
from . import inventory
from .models import Faults
from .records import RouterError, flattened, told
from .searches import grid

DESCRIPTION = re.compile('[a-z_0-9]{0,255}', re.IGNORECASE)


class Devices(f.Options):
    """Devices that an interface can have (src/opnsense/scripts/interfaces/list_assign_options.php)."""

    def choices(self, router: Any) -> dict[str, str]:
        vlans = {one['vlanif']: f'{one["vlanif"]} (Parent: {one["if"]}, Tag: {one["tag"]})'
                 for one in router.saved['vlan'].values()}
        return {**{name: f'{name} ({one["macaddr"]})' for name, one in router.devices.items()}, **vlans}


FIELDS: dict[str, f.Field] = {'descr': f.Masked(DESCRIPTION), 'identifier': f.Field(), 'if': Devices({}, required=True),
                              'lock': f.Boolean('1', True)}
# Records that wait for an interface that was deleted.
GONE = ''
TAKEN = 'Can not assign a device to more interfaces.'
IN_GROUP = 'The interface is part of a group. Please remove it from the group to continue'


class Assignments:
    """Interfaces/Api/AssignmentController.php. Changes of the device and removals wait for the reconfigure."""

    def __init__(self, router: Any) -> None:
        self.router = router

    def asked(self, query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        return {**query, **body}

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        return grid([{'uuid': name, **self._record(name), '%descr': self._record(name)['descr'] or name.upper()}
                     for name in self._names()], asked, '')

    def get(self, name: str | None) -> Any:
        if name is not None and name not in self._names():
            return []
        record = self._record(name) if name is not None else {key: field.default for key, field in FIELDS.items()}
        return {'interface': {key: field.shown(record[key], self.router) for key, field in FIELDS.items()}}

    def add(self, sent: Any) -> dict[str, Any]:
        record = {**{key: field.default for key, field in FIELDS.items()}, **flattened(sent, FIELDS)}
        wrong = self._wrong('', record)
        if wrong:
            return {'result': 'failed', 'validations': wrong}
        name = next(f'opt{number}' for number in range(1, 1000) if f'opt{number}' not in self.router.interfaces)
        self.router.interfaces[name] = {**inventory.interface(record['if'], record['descr'], '', False),
                                        'lock': record['lock'] == '1'}
        self._wrote(name, None)
        return {'result': 'saved', 'uuid': name}

    def set(self, name: str, sent: Any) -> dict[str, Any]:
        if name not in self._names():
            return {'result': 'failed'}
        record = {**self._record(name), **flattened(sent, FIELDS)}
        wrong = self._wrong(name, record)
        if wrong:
            return {'result': 'failed', 'validations': wrong}
        before = dict(self.router.interfaces[name])
        self.router.interfaces[name] = {**before, 'description': record['descr'], 'lock': record['lock'] == '1',
                                        'pending': record['if'] if record['if'] != before['device'] else None}
        self._wrote(name, before)
        return {'result': 'saved'}

    def delete(self, wanted: str) -> dict[str, Any]:
        names = wanted.split(',')
        for name in names:
            if any(name in group['members'].split(',') for group in self.router.saved['group'].values()):
                raise RouterError(IN_GROUP, f'[{name}] in use')
            if name in self.router.interfaces and self.router.interfaces[name]['lock']:
                raise RouterError('Interface locked, unset lock first before removal', 'locked')
        result = 'failed'
        for name in names:
            result = 'deleted' if name in self._names() else 'not found'
            if result == 'deleted':
                before = dict(self.router.interfaces[name])
                self.router.interfaces[name]['pending'] = GONE
                self._wrote(name, before)
        return {'result': result}

    def reconfigure(self) -> None:
        """Carries out what waits; rules on an interface that goes go with it (cleanRules, :100)."""
        for name, one in [*self.router.interfaces.items()]:
            if one['pending'] == GONE:
                del self.router.interfaces[name]
                self._clean_rules(name)
            elif one['pending'] is not None:
                one.update(device=one['pending'], pending=None)
        self.router.activate('filter')

    def _clean_rules(self, gone: str) -> None:
        for section in ('rule', 'source_nat', 'one_to_one', 'dnat'):
            for uuid, record in [*self.router.saved[section].items()]:
                names = record['interface'].split(',')
                if gone in names:
                    left = [name for name in names if name != gone]
                    after = {**record, 'interface': ','.join(left)} if left else None
                    self.router.wrote(section, uuid, record, after)
                    if after is None:
                        del self.router.saved[section][uuid]
                    else:
                        self.router.saved[section][uuid] = after

    def _names(self) -> list[str]:
        return [name for name, one in self.router.interfaces.items() if one['pending'] != GONE]

    def _record(self, name: str) -> dict[str, str]:
        one = self.router.interfaces[name]
        return {'descr': one['description'], 'identifier': name, 'lock': str(int(one['lock'])),
                'if': one['pending'] or one['device']}

    def _wrong(self, name: str, record: dict[str, str]) -> dict[str, Any]:
        others = [self._record(other)['if'] for other in self._names() if other != name]
        wrong: Faults = [('if', TAKEN)] if record['if'] in others else []
        wrong += [(key, message) for key, field in FIELDS.items() for message in field.faults(record[key], self.router)]
        return told('interface.', wrong)

    def _wrote(self, name: str, before: Any) -> None:
        self.router.wrote('interfaces', name, before, self.router.interfaces[name])
