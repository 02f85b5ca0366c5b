"""The endpoints: which section each controller works on, and what it does beside the common base."""

import json
from typing import Any

from aiohttp import web

from . import inventory
from .models import KEA_GENERAL, Record
from .records import Records, RouterError, flattened, page
from .services import PROCESSES

# Controller, and the section that each of its nouns stands for.
NOUNS: dict[str, dict[str, str]] = {
    'interfaces/vlan_settings': {'item': 'vlan'},
    'kea/dhcpv4': {'subnet': 'subnet4', 'reservation': 'reservation'},
    'unbound/settings': {'hostoverride': 'host', 'hostalias': 'host_alias'},
    'firewall/filter': {'rule': 'rule'},
    'firewall/alias': {'item': 'alias'},
}
VERBS = ('search', 'get', 'add', 'set', 'del')
# Endpoints that activate, and the service.
RECONFIGURES = {'interfaces/vlan_settings/reconfigure': 'vlan', 'kea/service/reconfigure': 'kea',
                'unbound/service/reconfigure': 'unbound', 'firewall/alias/reconfigure': 'alias',
                'firewall/filter/apply': 'filter'}


class Api:
    """Answers one request."""

    def __init__(self, router: Any, fault: dict[str, Any]) -> None:
        self.router, self.fault = router, fault

    def answer(self, method: str, path: str, sent: dict[str, Any]) -> web.Response:
        """The answer to a request on a path below /api; raises RouterError."""
        parts = path.strip('/').split('/')
        if len(parts) < 3:
            raise RouterError('Endpoint not found', status=404)
        module, controller, action, *rest = parts
        base = f'{_snake(module)}/{_snake(controller)}'
        named = f'{base}/{_snake(action)}'
        if named in RECONFIGURES:
            return web.json_response(self._reconfigure(method, RECONFIGURES[named]))
        if named == 'interfaces/overview/export':
            # The controller echoes JSON, so the framework's own type stands (OverviewController::exportAction).
            return web.Response(text=json.dumps(self._export()), content_type='text/html')
        plain = {'kea/service/status': lambda: self.router.status('kea'),
                 'unbound/service/status': lambda: self.router.status('unbound'),
                 'kea/dhcpv4/get': self._kea_general, 'kea/dhcpv4/set': lambda: self._set_kea_general(method, sent),
                 'core/firmware/status': lambda: {'product_version': inventory.VERSION, 'status': 'none'},
                 'core/backup/backups': self._revisions}
        if named in plain:
            return web.json_response(plain[named]())
        return web.json_response(self._record(base, _snake(action), method, rest[0] if rest else None, sent))

    def _record(self, base: str, action: str, method: str, uuid: str | None, sent: dict[str, Any]) -> Any:
        verb = next((verb for verb in VERBS if action.startswith(verb)), '')
        noun = action.removeprefix(verb).replace('_', '')
        section = NOUNS.get(base, {}).get(noun)
        if not verb or section is None:
            raise RouterError('Endpoint not found', status=404)
        records = Records(self.router, section)
        if verb == 'search':
            return page(self._rows(section, records), sent)
        if verb == 'get':
            return records.get(uuid)
        if method != 'POST':
            return {'result': 'failed'}
        if verb == 'del':
            return self._delete(section, records, uuid or '')
        key = records.model.key
        if key not in sent or (verb == 'set' and not uuid):
            return {'result': 'failed'}
        self._collect_options()
        overlay = self._overlay(section, records, uuid, sent[key])
        return records.add(sent[key], overlay) if verb == 'add' else records.set(uuid or '', sent[key], overlay)

    def _rows(self, section: str, records: Records) -> list[dict[str, Any]]:
        rows = records.rows()
        if section == 'vlan':
            # The device of an assigned interface is followed by the interface's name (VlanSettingsController).
            names = {one['device']: one['description'] for one in self.router.interfaces.values()}
            return [{**row, 'vlanif': f'{row["vlanif"]} [{names[row["vlanif"]]}]' if row['vlanif'] in names
                     else row['vlanif']} for row in rows]
        if section == 'host':
            aliases = Records(self.router, 'host_alias').rows()
            return [{**row, 'isAlias': False, '_children': [{**alias, 'isAlias': True} for alias in aliases
                                                            if alias['host'] == row['uuid']]} for row in rows]
        return [*rows, *inventory.AUTOMATIC] if section == 'rule' else rows

    def _overlay(self, section: str, records: Records, uuid: str | None, sent: Any) -> Record:
        """What the controller decides itself: the device of a VLAN, numbered where no name is sent."""
        if section != 'vlan':
            return {}
        given = flattened(sent, records.model.fields).get('vlanif', '')
        old = records.saved.get(uuid or '', {}).get('vlanif', '')
        taken = [int(record['vlanif'][4:]) for record in records.saved.values() if record['vlanif'][4:].isdigit()]
        device = given or old or f'vlan0{max([0, *taken]) + 1}'
        if old and device != old and self._assigned(old):
            raise RouterError('Interface is assigned and you cannot change the device name while assigned.')
        return {'vlanif': device}

    def _delete(self, section: str, records: Records, uuid: str) -> dict[str, Any]:
        record = records.saved.get(uuid)
        if record is not None:
            self._require_unused(section, uuid, record)
        if section == 'host':
            # Aliases of a host go with it, whoever made them (SettingsController::delHostOverrideAction).
            aliases = Records(self.router, 'host_alias')
            for alias in [key for key, value in aliases.saved.items() if value['host'] == uuid]:
                aliases.delete(alias)
        return records.delete(uuid)

    def _require_unused(self, section: str, uuid: str, record: Record) -> None:
        """Raises RouterError for a record that something else needs."""
        saved = self.router.saved
        if section == 'vlan' and self._assigned(record['vlanif']):
            raise RouterError('This VLAN cannot be deleted because it is assigned as an interface.')
        if section == 'subnet4':
            users = [(key, one) for key, one in saved['reservation'].items() if one['subnet'] == uuid]
            if users:
                uses = ''.join(f'dhcp4 - {one["description"]} {{dhcp4.reservations.reservation.{key}}}\n'
                               for key, one in users)
                raise RouterError(uses, f'Item subnets.subnet4 {record["description"]} {{{uuid}}} in use by:')
        if section == 'alias':
            users = [(key, one) for key, one in saved['rule'].items()
                     if record['name'] in (one['source_net'].split(',') + one['destination_net'].split(','))]
            if users:
                uses = ''.join(f'\n[OPNsense.Firewall.Filter.rules.rule.{key}] {one["description"]}'
                               for key, one in users)
                raise RouterError(f'Cannot delete alias {record["name"]}. Currently in use by {uses}', 'Alias in use')

    def _assigned(self, device: str) -> bool:
        return any(interface['device'] == device for interface in self.router.interfaces.values())

    def _collect_options(self) -> None:
        """Every write through Kea's model puts the router's own address into subnets with autocollect on
        (KeaDhcpv4::setNodes)."""
        addresses = {one['addr4'].rpartition('.')[0]: one['addr4'].partition('/')[0]
                     for one in self.router.interfaces.values()}
        for record in self.router.saved['subnet4'].values():
            own = addresses.get(record['subnet'].rpartition('.')[0])
            if record['option_data_autocollect'] == '1' and own:
                record.update({f'option_data.{name}': own
                               for name in ('routers', 'domain_name_servers', 'ntp_servers')})

    def _reconfigure(self, method: str, service: str) -> dict[str, Any]:
        if method != 'POST':
            return {'status': 'failed'}
        if 'half' not in self.fault:
            self.router.activate(service)
        if service in PROCESSES and ('half' in self.fault or 'down' in self.fault):
            self.router.running[service] = False
        # filter/apply passes on what the backend printed.
        return {'status': 'OK\n\n' if service == 'filter' else 'ok'}

    def _export(self) -> list[dict[str, Any]]:
        """Every device that is active, assigned or not (OverviewController::parseIfInfo)."""
        assigned = {one['device']: (name, one) for name, one in self.router.interfaces.items()}
        tags = {record['vlanif']: record['tag'] for record in self.router.active['vlan'].values()}
        entries = []
        for device in [*self.router.devices, *tags]:
            entry: dict[str, Any] = {'device': device, 'status': 'up', 'vlan_tag': tags.get(device),
                                     'identifier': '', 'description': 'Unassigned Interface'}
            if device in assigned:
                name, one = assigned[device]
                entry.update(identifier=name, description=one['description'], enabled=one['enabled'],
                             link_type='static', addr4=one['addr4'] if one['enabled'] else '', addr6='')
            entries.append(entry)
        return entries

    def _kea_general(self) -> dict[str, Any]:
        general = self.router.saved['kea_general']['general']
        return {'dhcpv4': {'general': {name: field.shown(general[name], self.router)
                                       for name, field in KEA_GENERAL.items()}}}

    def _set_kea_general(self, method: str, sent: dict[str, Any]) -> dict[str, Any]:
        if method != 'POST' or 'dhcpv4' not in sent:
            return {'result': 'failed'}
        before = self.router.saved['kea_general']['general']
        after = {**before, **flattened(sent['dhcpv4'].get('general', {}), KEA_GENERAL)}
        wrong = {f'dhcpv4.general.{name}': message for name, field in KEA_GENERAL.items()
                 for message in field.faults(after[name], self.router)}
        if wrong:
            return {'result': 'failed', 'validations': wrong}
        self.router.saved['kea_general']['general'] = after
        self.router.wrote('kea_general', 'general', before, after)
        return {'result': 'saved'}

    def _revisions(self) -> dict[str, Any]:
        """Every write makes one, newest first (BackupController::backupsAction)."""
        return {'items': [{'id': f'config-{write["n"]}.xml', 'description': f'/api{write["path"]} made changes',
                           'username': write['user']} for write in reversed(self.router.audit)]}


def _snake(name: str) -> str:
    """Actions are asked for as searchItem or as search_item."""
    return ''.join(f'_{letter.lower()}' if letter.isupper() else letter for letter in name).lstrip('_')
