"""The endpoints: which controller each path is, which of its actions, and what a request must bring for it
(src/opnsense/mvc/app/library/OPNsense/Mvc/Router.php and Dispatcher.php of opnsense/core 26.7.2)."""

import html
import json
from typing import Any

from aiohttp import web

from . import overview, states
from .assignment import Assignments
from .controllers import Aliases, Controller, Forwards, Groups, Kea, Rules, ServersOverTls, Vlans
from .hosts import HostAliases, Hosts
from .models import KEA_GENERAL, inside
from .records import RouterError, flattened, told
from .searches import recordset
from .services import PROCESSES
from .versions import ASSIGNMENT

# Controller, and the section and the class that each of its nouns stands for.
NOUNS: dict[str, dict[str, tuple[str, type[Controller]]]] = {
    'interfaces/vlansettings': {'item': ('vlan', Vlans)},
    'kea/dhcpv4': {'subnet': ('subnet4', Kea), 'reservation': ('reservation', Kea)},
    'unbound/settings': {'hostoverride': ('host', Hosts), 'hostalias': ('host_alias', HostAliases), 'forward': ('dot', Forwards),
                         'dot': ('dot', ServersOverTls)},
    'firewall/filter': {'rule': ('rule', Rules)},
    'firewall/alias': {'item': ('alias', Aliases)},
    'firewall/group': {'item': ('group', Groups)},
    'firewall/dnat': {'rule': ('dnat', Controller)},
    'firewall/sourcenat': {'rule': ('source_nat', Controller)},
    'firewall/onetoone': {'rule': ('one_to_one', Controller)},
}
VERBS = ('search', 'get', 'add', 'set', 'del', 'toggle')
# Controllers whose records nobody can switch on and off.
NO_TOGGLE = ('interfaces/vlansettings', 'kea/dhcpv4', 'firewall/group', ASSIGNMENT)
# Endpoints that activate, and the service.
RECONFIGURES = {
    'interfaces/vlansettings/reconfigure': 'vlan', 'kea/service/reconfigure': 'kea', 'unbound/service/reconfigure': 'unbound',
    'firewall/alias/reconfigure': 'alias', 'firewall/group/reconfigure': 'group',
    **{f'{base}/apply': 'filter' for base in ('firewall/filter', 'firewall/dnat', 'firewall/sourcenat', 'firewall/onetoone')}}
# Revisions of the configuration that the router keeps (library/OPNsense/Core/Config.php:685, backupCount).
REVISIONS = 100
NOT_FOUND = 'Endpoint not found'
# No machine boots here, so nobody has a lease (Kea/Api/LeasesController.php).
NO_LEASES = {'active': 0, 'inactive': 0, 'total': 0}


class Api:
    """Answers one request."""

    def __init__(self, router: Any, fault: dict[str, Any]) -> None:
        self.router, self.fault = router, fault

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> web.Response:
        """The answer to a request on a path below /api; raises RouterError."""
        # Empty parts of a path are none, and names are compared without underlines and case (Router.php:166).
        parts = [part for part in path.split('/') if part]
        if len(parts) < 3:
            raise _no_endpoint()
        base = '/'.join(part.replace('_', '').lower() for part in parts[:2])
        action, rest = parts[2].replace('_', '').lower(), parts[3:]
        named = f'{base}/{action}'
        if base in self.router.version.without:
            raise _no_endpoint()
        if named in RECONFIGURES:
            return web.json_response(self._reconfigure(method, RECONFIGURES[named]))
        if named == f'{ASSIGNMENT}/reconfigure':
            return web.json_response(self._reassign(method))
        if named == 'interfaces/overview/export':
            # Written before its headers are sent, so that they come too late: PHP keeps no output back (OverviewController.php:320,
            # Mvc/Headers.php, service/templates/OPNsense/WebGui/php.ini:2).
            return web.Response(text=json.dumps(overview.entries(self.router)), content_type='text/html', charset='UTF-8')
        if named == 'core/backup/download':
            return self._configuration(rest)
        if named == 'diagnostics/firewall/delstate':
            if len(rest) < 2:
                # A parameter that an action needs is a part of the endpoint (Dispatcher.php:113).
                raise _no_endpoint()
            return web.json_response(states.delete(self.router, method, rest))
        plain = {'kea/service/status': lambda: self.router.status('kea'),
                 'unbound/service/status': lambda: self.router.status('unbound'),
                 'kea/dhcpv4/get': lambda: self._kea_general(method),
                 'kea/dhcpv4/set': lambda: self._set_kea_general(method, body),
                 'interfaces/overview/interfacesinfo': lambda: recordset(overview.entries(self.router), body, ''),
                 'kea/leases4/search': lambda: {**recordset([], body, 'address'), 'stats': dict(NO_LEASES), 'interfaces': []},
                 'core/firmware/status': lambda: {'product_version': self.router.version.product, 'status': 'none'},
                 'diagnostics/firewall/querystates': lambda: states.query(self.router, method, body),
                 'interfaces/overview/reloadinterface': lambda: {'message': 'OK' if method == 'POST' else 'failed'},
                 'unbound/settings/get': lambda: self._unbound(method),
                 'core/backup/backups': lambda: {'items': self._revisions() if rest[:1] == ['this'] else []}}
        if named in plain:
            return web.json_response(plain[named]())
        return web.json_response(self._record(base, action, method, rest, query, body))

    def _record(self, base: str, action: str, method: str, rest: list[str], query: dict[str, str], body: dict[str, Any]) -> Any:
        verb = next((verb for verb in VERBS if action.startswith(verb)), '')
        controller, key = self._controller(base, action.removeprefix(verb))
        if not verb or (verb == 'toggle' and base in NO_TOGGLE):
            raise _no_endpoint()
        uuid = rest[0] if rest else None
        if verb == 'search':
            return controller.search(controller.asked(query, body))
        if verb == 'get':
            return controller.get(uuid)
        if verb == 'add':
            # A request that is no POST, or has nothing below the key, fails without a word.
            return controller.add(body[key]) if method == 'POST' and body.get(key) is not None else {'result': 'failed'}
        if uuid is None:
            # A parameter that an action needs is a part of the endpoint (Dispatcher.php:113).
            raise _no_endpoint()
        if verb == 'set':
            return controller.set(uuid, body[key]) if method == 'POST' and body.get(key) is not None else {'result': 'failed'}
        if verb == 'toggle':
            return controller.toggle(uuid, rest[1] if len(rest) > 1 else None) if method == 'POST' else {'result': 'failed'}
        return self._delete(controller, method, uuid)

    @staticmethod
    def _delete(controller: Any, method: str, uuid: str) -> Any:
        if isinstance(controller, Controller):
            controller.before_delete(uuid)
            return controller.delete(uuid) if method == 'POST' else {'result': 'failed'}
        return controller.delete(uuid) if method == 'POST' else {'status': 'failed'}

    def _controller(self, base: str, noun: str) -> tuple[Any, str]:
        if base == ASSIGNMENT and noun == 'item':
            return Assignments(self.router), 'interface'
        if noun not in NOUNS.get(base, {}):
            raise _no_endpoint()
        section, kind = NOUNS[base][noun]
        controller = kind(self.router, section)
        return controller, controller.records.model.key

    def _reconfigure(self, method: str, service: str) -> dict[str, Any]:
        if method != 'POST':
            # Rules say it otherwise (FilterBaseController::applyAction).
            return {'status': 'error' if service == 'filter' else 'failed'}
        if 'half' not in self.fault:
            self.router.activate(service)
        if service in PROCESSES and ('half' in self.fault or 'down' in self.fault):
            self.router.running[service] = False
        # filter/apply passes on what the backend printed.
        return {'status': 'OK\n\n' if service == 'filter' else 'ok'}

    def _reassign(self, method: str) -> dict[str, Any]:
        if method != 'POST':
            return {'status': 'failed'}
        Assignments(self.router).reconfigure()
        return {'status': 'ok'}

    def _kea_general(self, method: str) -> Any:
        if method != 'GET':
            # The settings of a model are told to a GET alone (ApiMutableModelControllerBase.php:203, getAction).
            return {'dhcpv4': {'general': None, 'lexpire': None, 'ha': {'%this_server_name': self.router.site.hostname}}}
        general = self.router.saved['kea_general']['general']
        return {'dhcpv4': {'general': {name: field.shown(general[name], self.router)
                                       for name, field in KEA_GENERAL.items()}}}

    def _set_kea_general(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """Settings of Kea itself; alone among its writes it goes through the whole model, which puts the router's own
        addresses into subnets (Kea/KeaDhcpv4.php:45, setNodes; addBase and setBase set the record's fields)."""
        if method != 'POST':
            return {'result': 'failed'}
        sent = body.get('dhcpv4')
        before = self.router.saved['kea_general']['general']
        after = {**before, **(flattened(sent.get('general') or {}, KEA_GENERAL) if isinstance(sent, dict) else {})}
        wrong = told('dhcpv4.general.', [(name, message) for name, field in KEA_GENERAL.items()
                                         for message in field.faults(after[name], self.router)])
        if wrong:
            return {'result': 'failed', 'validations': wrong}
        self._collect_options()
        self.router.saved['kea_general']['general'] = after
        self.router.wrote('kea_general', 'general', before, after)
        return {'result': 'saved'}

    def _collect_options(self) -> None:
        """The first address of the router that lies inside a subnet is its gateway, name server and clock."""
        addresses = [one['addr4'].partition('/')[0] for one in self.router.interfaces.values() if one['addr4']]
        for record in self.router.saved['subnet4'].values():
            own = next((address for address in addresses if inside(address, record['subnet'])), None)
            if record['option_data_autocollect'] == '1' and own:
                record.update({f'option_data.{name}': own for name in ('routers', 'domain_name_servers', 'ntp_servers')})

    def _unbound(self, method: str) -> Any:
        """The records of Unbound's model to a GET (ApiMutableModelControllerBase.php:203); settings of Unbound itself, which no
        tenant needs, are left out. A kind without records is an empty list, as PHP has it."""
        if method != 'GET':
            return []
        sections = {'dots': 'dot', 'hosts': 'host', 'aliases': 'host_alias'}
        found: dict[str, Any] = {}
        for name, section in sections.items():
            controller = Hosts(self.router, section) if section == 'host' else Controller(self.router, section)
            key = controller.records.model.key
            found[name] = {key: {uuid: controller.get(uuid)[key] for uuid in controller.records.saved} or []}
        return {'unbound': found}

    def _revisions(self) -> list[dict[str, Any]]:
        """Every write makes one, newest first (Core/Api/BackupController.php); older ones than the last 100 are gone."""
        return [{'id': f'config-{write["n"]}.xml', 'description': f'/api{write["path"]} made changes',
                 'username': write['user']} for write in reversed(self.router.audit[-REVISIONS:])]

    def _configuration(self, rest: list[str]) -> web.Response:
        """A revision as a file, the newest where none is named (BackupController.php:179). Here every one has today's records, of
        which a client can make no more than a copy."""
        if not rest:
            raise _no_endpoint()
        named = [one['id'] for one in self._revisions() if rest[1:2] in ([], [one['id']])] if rest[0] == 'this' else []
        if not named:
            return web.Response(content_type='text/html', charset='UTF-8')
        text = f'<?xml version="1.0"?>\n<opnsense>{html.escape(json.dumps(self.router.saved), quote=False)}</opnsense>\n'
        name = f'config-{self.router.site.hostname}.{self.router.site.domain}-{named[0].removeprefix("config-")}'
        return web.Response(text=text, content_type='application/octet-stream',
                            headers={'Content-Disposition': f'attachment; filename={name}'})


def _no_endpoint() -> RouterError:
    return RouterError(NOT_FOUND, status=404, meant=False)
