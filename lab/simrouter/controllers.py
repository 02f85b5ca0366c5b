"""Work of controllers beside their common base (src/opnsense/mvc/app/controllers/OPNsense of opnsense/core 26.7.2)."""

import html
from collections.abc import Iterable
from typing import Any

from . import own, usage
from .models import Record
from .records import Records, RouterError, flattened, unexpected
from .searches import grid, recordset


class Controller:
    """Requests for the records of one section; subclasses say what is theirs."""

    def __init__(self, router: Any, section: str) -> None:
        self.router = router
        self.records = Records(router, section)

    def asked(self, query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """The part of a request that a search hears."""
        return {**query, **body}

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        return grid(self.records.rows(), asked, self.records.model.sort)

    def get(self, uuid: str | None) -> Any:
        return self.records.get(uuid)

    def add(self, sent: Any) -> dict[str, Any]:
        return self.records.add(sent, {})

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        return self.records.set(uuid, sent, {})

    def before_delete(self, wanted: str) -> None:
        """Raises RouterError where a record must stay, whatever the method of the request."""

    def delete(self, wanted: str) -> dict[str, Any]:
        return self.records.delete(wanted)

    def toggle(self, wanted: str, enabled: str | None) -> dict[str, Any]:
        return self.records.toggle(wanted, enabled)

    def _named(self, wanted: str) -> list[tuple[str, Record]]:
        return [(uuid, self.records.saved[uuid]) for uuid in wanted.split(',') if uuid in self.records.saved]


class Vlans(Controller):
    """Interfaces/Api/VlanSettingsController.php."""

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The device of an assigned interface is followed by the interface's name (:83)."""
        names = {one['device']: one['description'] for one in self.router.interfaces.values()}
        found = super().search(asked)
        for row in found['rows']:
            if row['vlanif'] in names:
                row['vlanif'] = f'{row["vlanif"]} [{names[row["vlanif"]]}]'
        return found

    def add(self, sent: Any) -> dict[str, Any]:
        return self.records.add(sent, {'vlanif': self._device(sent, {})})

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        """Refuses another device for an assigned interface, or under another VLAN (:101)."""
        before = self.records.saved.get(uuid, {})
        old, new = before.get('vlanif'), self._device(sent, before)
        if old and old != new:
            if self._carries(old):
                return _refused('vlanif', 'This VLAN cannot be deleted because it is used in QinQ interfaces.')
            if self._assigned(old):
                given = flattened(sent, self.records.model.fields)
                tag = 'tag' if given.get('tag', '') != before['tag'] else 'vlanif'
                what = 'VLAN tag' if tag == 'tag' else 'device name'
                return _refused(tag, f'Interface is assigned and you cannot change the {what} while assigned.')
        return self.records.set(uuid, sent, {'vlanif': new})

    def before_delete(self, wanted: str) -> None:
        for _uuid, record in self._named(wanted):
            if self._carries(record['vlanif']):
                raise RouterError('This VLAN cannot be deleted because it is used in QinQ interfaces.')
            if self._assigned(record['vlanif']):
                raise RouterError('This VLAN cannot be deleted because it is assigned as an interface.')

    def _device(self, sent: Any, before: Record) -> str:
        """The device that was sent, the one that it has, or the next number (:41, generateVlanIfName)."""
        if isinstance(sent, str):
            # PHP takes a name in brackets for no place in a text.
            raise unexpected()
        given = flattened(sent, self.records.model.fields)
        old, legacy = before.get('vlanif', ''), f'{given.get("if", "")}_vlan{given.get("tag", "")}'
        prefix = 'qinq' if 'vlan' in given.get('if', '') else 'vlan'
        if given.get('vlanif'):
            return given['vlanif']
        if old and (old == legacy or ('_vlan' not in old and old.startswith(prefix))):
            return old
        taken = [int(record['vlanif'][4:]) for record in self.records.saved.values()
                 if record['vlanif'].startswith(prefix) and record['vlanif'][4:].isdigit()]
        return f'{prefix}0{max([0, *taken]) + 1}'

    def _carries(self, device: str) -> bool:
        return any(record['if'] == device for record in self.records.saved.values())

    def _assigned(self, device: str) -> bool:
        return any(interface['device'] == device for interface in self.router.interfaces.values())


class SourceNat(Controller):
    """Firewall/Api/SourceNatController.php of 26.7: rules by hand count in the modes hybrid and advanced, those that the router makes
    in automatic and hybrid, and a search lists what counts (:119). Versions before have no mode, and list rules by hand."""

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not self.router.version.snat_modes:
            return super().search(asked)
        mode = self.router.snat_mode
        # FieldTypes/SourceNatRuleField.php:127.
        rows = [{**row, 'sort_order': f'400000.0{int(row["sequence"]):06d}'} for row in self.records.rows()]
        return recordset([*(rows if mode in ('hybrid', 'advanced') else []),
                          *(own.outbound(self.router) if mode in ('automatic', 'hybrid') else [])], asked, 'sort_order')


class Kea(Controller):
    """Kea/Api/Dhcpv4Controller.php, which deletes safely (ApiMutableModelControllerBase.php:191)."""

    def delete(self, wanted: str) -> dict[str, Any]:
        return self.records.delete(wanted, self._require_unused if self.router.version.deletes_safely else None)

    def _require_unused(self, uuid: str, record: Record) -> None:
        users = [(key, one) for key, one in self.router.saved['reservation'].items() if one['subnet'] == uuid]
        if users:
            name = record.get('description') or uuid
            raise RouterError(''.join(f'dhcp4 - {one["description"]} {{dhcp4.reservations.reservation.{key}}}\n'
                                      for key, one in users),
                              f'Item {self.records.model.path} {{{name}}} in use by:')


class Forwards(Controller):
    """Forwards of Unbound/Api/SettingsController.php, whose records are those of one type; DNS over TLS has the other (__call)."""

    type = 'forward'

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        return grid([row for row in self.records.rows() if row['type'] == self.type], asked, self.records.model.sort)

    def add(self, sent: Any) -> dict[str, Any]:
        return self.records.add(sent, {'type': self.type})

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        return self.records.set(uuid, sent, {'type': self.type})


class ServersOverTls(Forwards):
    """DNS over TLS."""

    type = 'dot'


class Renamable(Controller):
    """A kind whose records others refer to by name: a new name goes on to them."""

    # Field that holds the name.
    name: str

    def rename(self, old: str, new: str) -> None:
        raise NotImplementedError

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        old = self._name(uuid)
        done = super().set(uuid, sent)
        new = self._name(uuid)
        if done['result'] == 'saved' and old and new and old != new:
            self.rename(old, new)
        return done

    def _name(self, uuid: str) -> str | None:
        return self.records.saved.get(uuid, {}).get(self.name)


class Aliases(Renamable):
    """Firewall/Api/AliasController.php."""

    name = 'name'

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        types = asked.get('type')
        if types and not isinstance(types, (list, dict)):
            raise unexpected()
        rows = self.records.rows({**self.records.saved, **{one['uuid']: one for one in own.aliases(self.router)}})
        return grid([row for row in rows if not types or row['type'] in types], asked, self.records.model.sort)

    def get(self, uuid: str | None) -> Any:
        """OPNsense's own are there, too; one that is not still has the names of all others (:168)."""
        mine = self._own(uuid)
        return super().get(uuid) or (self.records.nodes(mine) if mine else {'alias': {'content': {
            alias['name']: {'selected': 0, 'value': alias['name'], 'description': alias['description']}
            for alias in own.every_alias(self.router)}}})

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        """A write of OPNsense's own is checked, and kept nowhere (Base/FieldTypes/ArrayField.php, getChild)."""
        mine = self._own(uuid)
        if mine is None:
            return super().set(uuid, sent)
        wrong = self.records.validations(uuid, {**mine, **flattened(sent, self.records.fields)})
        return {'result': 'failed', 'validations': wrong} if wrong else {'result': 'saved'}

    def _own(self, uuid: str | None) -> Record | None:
        return next((one for one in own.aliases(self.router) if one['uuid'] == uuid), None)

    def rename(self, old: str, new: str) -> None:
        """Users of an alias follow its new name; without a name that is allowed nothing is saved (:133)."""
        usage.rename_alias(self.router, old, new)

    def before_delete(self, wanted: str) -> None:
        for _uuid, record in self._named(wanted):
            users = _told(usage.of_alias(self.router, record['name']))
            if users:
                raise RouterError(f'Cannot delete alias {record["name"]}. Currently in use by {users}', 'Alias in use')


class Groups(Renamable):
    """Firewall/Api/GroupController.php."""

    name = 'ifname'

    def rename(self, old: str, new: str) -> None:
        usage.rename_group(self.router, old, new)

    def before_delete(self, wanted: str) -> None:
        for _uuid, record in self._named(wanted):
            users = _told(usage.of_group(self.router, record['ifname']))
            if users:
                raise RouterError(f'Cannot delete group. Currently in use by {users}', 'Group in use')


def _told(users: Iterable[tuple[str, str]]) -> str:
    """Users of something, one a line, escaped here and once more with the whole error."""
    return ''.join(html.escape(f'\n[{where}] {what}', quote=False) for where, what in users)


def _refused(field: str, message: str) -> dict[str, Any]:
    return {'result': 'failed', 'validations': {f'vlan.{field}': message}}
