"""The endpoints: which controller each path is, which of its actions, and what a request must bring for it
(src/opnsense/mvc/app/library/OPNsense/Mvc/Router.php and Dispatcher.php of opnsense/core 26.7.2)."""

import html
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from . import overview, states
from .assignment import Assignments
from .controllers import Aliases, Controller, Forwards, Groups, Kea, ServersOverTls, SourceNat, Vlans
from .hosts import HostAliases, Hosts
from .models import KEA_GENERAL, inside
from .records import RouterError, flattened, told
from .rules import Rules
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
    'firewall/sourcenat': {'rule': ('source_nat', SourceNat)},
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
# Modes of outbound NAT (models/OPNsense/Firewall/Filter.xml, snat_mode).
SNAT_MODES = {'automatic': 'Automatic Source NAT rule generation', 'hybrid': 'Hybrid Source NAT rule generation',
              'advanced': 'Manual Source NAT rule generation', 'disabled': 'Disable Source NAT rule generation'}
# Parameters that an action needs.
NEEDS = {'core/backup/download': 1, 'diagnostics/firewall/delstate': 2, 'interfaces/overview/export': 0,
         f'{ASSIGNMENT}/reconfigure': 0}
# Endpoints of the router that are not simulated, as far as somebody asked for them: key and privilege come first there.
UNSIMULATED = ('kea/ctrlagent/get', 'kea/dhcpv6/get', 'unbound/diagnostics/stats', 'diagnostics/interface/getarp')
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
        base, action, rest = self.resolve(path)
        named = f'{base}/{action}'
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
            return web.json_response(states.delete(self.router, method, rest))
        if named in UNSIMULATED:
            raise _no_endpoint()
        plain = self._plain(method, rest, body)
        if named in plain:
            return web.json_response(plain[named]())
        return web.json_response(self._record(base, action, method, rest, query, body))

    def resolve(self, path: str) -> tuple[str, str, list[str]]:
        """Controller, action and parameters of a path below /api. Raises RouterError for what is no endpoint, which is so
        before anybody is asked for a key (Dispatcher.php:152, resolve, before :160, beforeExecuteRoute)."""
        # Empty parts of a path are none, and names are compared without underlines and case (Router.php:166).
        parts = [part for part in path.split('/') if part]
        if len(parts) < 3:
            raise _no_endpoint()
        base = '/'.join(part.replace('_', '').lower() for part in parts[:2])
        action, rest = parts[2].replace('_', '').lower(), parts[3:]
        # Parameters that an action needs are a part of the endpoint (Dispatcher.php:113).
        if base in self.router.version.without or len(rest) < self._needs(base, action):
            raise _no_endpoint()
        return base, action, rest

    def _needs(self, base: str, action: str) -> int:
        """How many parameters an action needs; raises RouterError for one that there is not."""
        named = f'{base}/{action}'
        if named in NEEDS:
            return NEEDS[named]
        if named in RECONFIGURES or named in UNSIMULATED or named in self._plain('', [], {}):
            return 0
        verb = _verb(action)
        if not verb or (verb == 'toggle' and base in NO_TOGGLE):
            raise _no_endpoint()
        noun = action.removeprefix(verb)
        if noun not in NOUNS.get(base, {}) and (base, noun) != (ASSIGNMENT, 'item'):
            raise _no_endpoint()
        return 1 if verb in ('set', 'del', 'toggle') else 0

    def _plain(self, method: str, rest: list[str], body: dict[str, Any]) -> dict[str, Callable[[], Any]]:
        """Answers that are no record's, by endpoint."""
        outbound = {'firewall/sourcenat/get': self._snat_mode,
                    'firewall/sourcenat/set': lambda: self._set_snat_mode(method, body)}
        return {**(outbound if self.router.version.snat_modes else {}),
                'kea/service/status': lambda: self.router.status('kea'),
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

    def _record(self, base: str, action: str, method: str, rest: list[str], query: dict[str, str], body: dict[str, Any]) -> Any:
        verb = _verb(action)
        controller, key = self._controller(base, action.removeprefix(verb))
        if verb == 'search':
            return controller.search(controller.asked(query, body))
        if verb == 'get':
            return controller.get(rest[0] if rest else None)
        if verb == 'add':
            # A request that is no POST, or has nothing below the key, fails without a word.
            return controller.add(body[key]) if method == 'POST' and body.get(key) is not None else {'result': 'failed'}
        if verb == 'set':
            return controller.set(rest[0], body[key]) if method == 'POST' and body.get(key) is not None else {'result': 'failed'}
        if verb == 'toggle':
            return controller.toggle(rest[0], rest[1] if len(rest) > 1 else None) if method == 'POST' else {'result': 'failed'}
        return self._delete(controller, method, rest[0])

    @staticmethod
    def _delete(controller: Any, method: str, uuid: str) -> Any:
        if isinstance(controller, Controller):
            controller.before_delete(uuid)
            return controller.delete(uuid) if method == 'POST' else {'result': 'failed'}
        return controller.delete(uuid) if method == 'POST' else {'status': 'failed'}

    def _controller(self, base: str, noun: str) -> tuple[Any, str]:
        if base == ASSIGNMENT and noun == 'item':
            return Assignments(self.router), 'interface'
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

    def _snat_mode(self) -> dict[str, Any]:
        """Settings of outbound NAT itself, to every request (Firewall/Api/SourceNatController.php:55)."""
        modes = {mode: {'value': text, 'selected': int(mode == self.router.snat_mode)} for mode, text in SNAT_MODES.items()}
        return {'filter': {'general': {'snat_mode': modes}}}

    def _set_snat_mode(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """Sets the mode (:40); a change makes a revision."""
        if method != 'POST':
            return {'result': 'failed'}
        sent = body.get('filter')
        general = sent.get('general') if isinstance(sent, dict) else None
        mode = general.get('snat_mode', self.router.snat_mode) if isinstance(general, dict) else self.router.snat_mode
        if mode not in SNAT_MODES:
            return {'result': 'failed', 'validations': {'filter.general.snat_mode': 'Option not in list.'}}
        self.router.wrote('snat_mode', 'general', {'snat_mode': self.router.snat_mode}, {'snat_mode': mode})
        self.router.snat_mode = mode
        return {'result': 'saved'}

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
        named = [one['id'] for one in self._revisions() if rest[1:2] in ([], [one['id']])] if rest[0] == 'this' else []
        if not named:
            return web.Response(content_type='text/html', charset='UTF-8')
        text = f'<?xml version="1.0"?>\n<opnsense>{html.escape(json.dumps(self.router.saved), quote=False)}</opnsense>\n'
        name = f'config-{self.router.site.hostname}.{self.router.site.domain}-{named[0].removeprefix("config-")}'
        return web.Response(text=text, content_type='application/octet-stream',
                            headers={'Content-Disposition': f'attachment; filename={name}'})


def _no_endpoint() -> RouterError:
    return RouterError(NOT_FOUND, status=404, meant=False)


def _verb(action: str) -> str:
    return next((verb for verb in VERBS if action.startswith(verb)), '')
