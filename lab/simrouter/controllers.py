"""Work of controllers beside their common base (src/opnsense/mvc/app/controllers/OPNsense of opnsense/core 26.7.2)."""

import html
from collections.abc import Iterable
from typing import Any

from . import fields as f
from . import own, usage
from .models import Record
from .records import Records, RouterError, Row, flattened, grid, recordset, told

ALIASES = f.Hostname(True, False, True, True, '[{}] is not a valid host/domain name.')


class Controller:
    """Requests for the records of one section; subclasses say what is theirs."""

    def __init__(self, router: Any, section: str) -> None:
        self.router = router
        self.records = Records(router, section)

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
                tag = 'tag' if str(sent.get('tag', '')) != before['tag'] else 'vlanif'
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


class Hosts(Controller):
    """Unbound/Api/SettingsController.php: a host shows its aliases, and makes and deletes them through a field that is kept
    nowhere (Unbound/FieldTypes/AliasReflector.php)."""

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = []
        for row in self.records.rows():
            description = row.pop('description')
            rows.append({**row, 'aliases': ','.join(self._names(row['uuid'])), 'description': description})
        found = grid(rows, asked, self.records.model.sort)
        for row in found['rows']:
            children = [{**{name: value for name, value in row.items() if name != 'aliases'}, 'uuid': uuid, 'isAlias': True,
                         **{name: alias[name] for name in ('enabled', 'hostname', 'domain', 'description')}}
                        for uuid, alias in self._aliases(row['uuid'])]
            row['isAlias'] = False
            if children:
                row['_children'] = children
        return found

    def get(self, uuid: str | None) -> Any:
        found = super().get(uuid)
        if found:
            found['host']['aliases'] = f.shown_list(','.join(self._names(uuid or '')))
        return found

    def add(self, sent: Any) -> dict[str, Any]:
        return self._refusal('', sent) or self._reflect(super().add(sent), '', [], sent)

    def set(self, uuid: str, sent: Any) -> dict[str, Any]:
        # The names that it has are those under the domain that it had.
        there = self._names(uuid)
        return self._refusal(uuid, sent) or self._reflect(super().set(uuid, sent), uuid, there, sent)

    def delete(self, wanted: str) -> dict[str, Any]:
        """Aliases of a host go with it, whoever made them."""
        aliases = Records(self.router, 'host_alias')
        for uuid, _alias in self._aliases(wanted):
            aliases.delete(uuid)
        return self.records.delete(wanted)

    def _aliases(self, host: str) -> list[tuple[str, Record]]:
        return [(uuid, alias) for uuid, alias in self.router.saved['host_alias'].items() if alias['host'] == host]

    def _names(self, host: str) -> list[str]:
        """Aliases of a host as whole names; without a domain of its own one has its host's."""
        domain = self.records.saved.get(host, {}).get('domain', '')
        return [f'{alias["hostname"]}.{alias["domain"] or domain}'.removeprefix('.') for _uuid, alias in self._aliases(host)]

    def _refusal(self, uuid: str, sent: Any) -> dict[str, Any]:
        """The answer to names that no alias can have, with what else is wrong; empty where they are right."""
        wrong = ALIASES.faults(ALIASES.clean(_sent_names(sent) or ''), self.router)
        return {'result': 'failed', 'validations': {
            **self.records.validations(uuid, self.records.merged(uuid, sent)),
            **told('host.', [('aliases', message) for message in wrong])}} if wrong else {}

    def _reflect(self, done: dict[str, Any], uuid: str, there: list[str], sent: Any) -> dict[str, Any]:
        """Makes and deletes aliases so that they are those that were sent (AliasReflector.php:70)."""
        wanted, host = _sent_names(sent), uuid or done.get('uuid', '')
        if wanted is None or done['result'] != 'saved':
            return done
        domain, aliases = self.records.saved[host]['domain'], Records(self.router, 'host_alias')
        names = [name.strip() for name in wanted.split(',') if name.strip()]
        for gone in [_split(name, domain) for name in there if name not in names]:
            for key in [key for key, alias in self._aliases(host) if (alias['hostname'], alias['domain']) == gone]:
                aliases.delete(key)
        for hostname, own_domain in [_split(name, domain) for name in names if name not in there]:
            aliases.add({'enabled': '1', 'host': host, 'hostname': hostname, 'domain': own_domain, 'description': ''}, {})
        return done


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


class Rules(Controller):
    """Firewall/Api/FilterController.php:85: rules in the order in which they hold, OPNsense's own ones first."""

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        version = self.router.version
        rows = [self._ordered(row) for row in self.records.rows()]
        if not version.lists_single:
            rows = [row for row in rows if len(row['interface'].split(',')) != 1 or row['interface'] == '']
        others = own.rules(self.router) if version.lists_other or asked.get('show_all') else []
        return recordset([*rows, *others], asked, 'sort_order')

    def get(self, uuid: str | None) -> Any:
        found = super().get(uuid)
        if uuid is not None and found:
            row = self._ordered(self.records.row(uuid, self.records.saved[uuid]))
            found['rule'].update(sort_order=row['sort_order'], prio_group=row['prio_group'])
        return found

    def _ordered(self, row: Row) -> Row:
        group = self._priority(row)
        return {**row, 'sort_order': f'{group}.0{int(row["sequence"]):06}', 'prio_group': str(group)}

    def _priority(self, row: Row) -> int:
        """Floating rules, then groups', then those of one interface (Firewall/FieldTypes/FilterRuleField.php:123)."""
        names = [name for name in row['interface'].split(',') if name]
        groups = {group['ifname']: int(group['sequence']) for group in self.router.saved['group'].values()}
        if names and not any(name in groups or name in self.router.interfaces for name in names):
            return 600000
        if len(names) != 1 or row['interfacenot'] == '1':
            return 200000
        return 300000 + groups[names[0]] if names[0] in groups else 400000


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
        return grid([*self.records.rows(), *(self.records.row(one['uuid'], one) for one in own.aliases(self.router))], asked,
                    self.records.model.sort)

    def get(self, uuid: str | None) -> Any:
        """One that is not there still has the names of all others (:168)."""
        return super().get(uuid) or {'alias': {'content': {
            alias['name']: {'selected': 0, 'value': alias['name'], 'description': alias['description']}
            for alias in own.every_alias(self.router)}}}

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


def _sent_names(sent: Any) -> str | None:
    return flattened(sent, {'aliases': ALIASES}).get('aliases')


def _split(name: str, own_domain: str) -> tuple[str, str]:
    """Name and domain of an alias; the host's own domain is none (AliasReflector.php:42)."""
    hostname, _dot, domain = name.rstrip('.').partition('.')
    return hostname, '' if domain == own_domain else domain
