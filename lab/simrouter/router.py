"""The simulated router, put together: its configuration, its users, and how requests reach it."""

import asyncio
import base64
import copy
import hmac
import html
import json
import secrets
import ssl
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import web

from . import inventory, php, privileges
from .api import Api
from .faults import Faults
from .records import RouterError
from .sections import MODELS
from .services import PROCESSES, Services
from .site import DVNTM, Site
from .versions import NEWEST, VERSIONS, Version

# Kept in the journal at most; a long test run must not eat the machine.
JOURNAL_MAX = 20_000
JSON_TYPES = ('application/json', 'application/json;charset=utf-8')
# A client is given no answer for as long as this, in seconds.
NEVER = 300
# How long a connection without a request stays, in seconds, and after how many requests the answer to a further one is its last:
# src/etc/inc/plugins.inc.d/webgui.inc of opnsense/core (server.max-keep-alive-idle, -requests), src/h1.c of lighttpd 1.4 (h1_send_headers).
IDLE_SECONDS = 30
KEPT_REQUESTS = 15


class SimulatedRouter(Faults, Services):
    """OPNsense with the base of its site.

    Two API users: `deevnet`, whose key the program has, and `root`, the person who changes things by hand.
    """

    def __init__(self, host: str, port: int, secret: str | None = None, assigned: bool = True,
                 version: Version = VERSIONS[NEWEST], site: Site = DVNTM) -> None:
        super().__init__()
        self.site = site
        self.version = version
        self.host, self.port = host, port
        self.keys = {name: (secrets.token_hex(20), secret if secret and name == 'deevnet' else secrets.token_hex(20))
                     for name in ('deevnet', 'root')}
        self.saved: dict[str, dict[str, Any]] = {section: {} for section in (*MODELS, 'kea_general')}
        self.active: dict[str, dict[str, Any]] = {}
        # Which outbound NAT counts; a new router's is automatic, and that of a site with rules of its own hybrid.
        self.snat_mode = 'hybrid'
        self.running = dict.fromkeys(PROCESSES, False)
        self.devices: dict[str, dict[str, Any]] = {}
        self.interfaces: dict[str, dict[str, Any]] = {}
        self.journal: list[dict[str, Any]] = []
        # Every write that changed the configuration, oldest first.
        self.audit: list[dict[str, Any]] = []
        # Open connections (states.py).
        self.states: list[dict[str, Any]] = []
        self.latency_seconds = 0.0
        # Real seconds from the reload of the rules until the tables of the aliases are filled.
        self.table_seconds = 0.0
        # Of the user whose key the program has; the other one may do everything.
        self.privileges = privileges.program(version)
        self._asked = 0
        # Requests so far on each connection that is open.
        self._served: WeakKeyDictionary[asyncio.Transport, int] = WeakKeyDictionary()
        self._request: dict[str, Any] = {}
        self._runner: web.AppRunner | None = None
        inventory.fill(self, assigned)

    @property
    def url(self) -> str:
        return f'https://{self.host}:{self.port}'

    async def start(self, certificate: str, key: str) -> None:
        """Listens with TLS."""
        app = web.Application()
        app.router.add_route('*', '/{path:.*}', self._handle)
        # A request without an answer must not hold up the end.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, keepalive_timeout=IDLE_SECONDS)
        await self._runner.setup()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        await web.TCPSite(self._runner, self.host, self.port, ssl_context=tls).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def wrote(self, section: str, uuid: str, before: Any, after: Any) -> None:
        """Notes a change of the configuration; each makes a revision, as on the router."""
        if before != after:
            self.audit.append({**self._request, 'section': section, 'uuid': uuid, 'before': copy.deepcopy(before),
                               'after': copy.deepcopy(after)})

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self._asked += 1
        entry = {'n': self._asked, 'method': request.method, 'path': request.path_qs,
                 'body': (await request.read()).decode(errors='replace'), 'status': 0, 'user': self._user(request)}
        self.journal.append(entry)
        del self.journal[:-JOURNAL_MAX]
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        response = await self._answer(request, entry)
        entry['status'] = response.status
        connection = request.transport
        if connection is not None:  # else it is closed already
            self._served[connection] = self._served.get(connection, 0) + 1
            if self._served[connection] > KEPT_REQUESTS:
                response.force_close()
        return response

    async def _answer(self, request: web.Request, entry: dict[str, Any]) -> web.StreamResponse:
        if not request.path.startswith('/api/'):
            return web.Response(status=404, text='404 - Not Found')
        if 'Authorization' not in request.headers:
            # Who sends no key is taken for a browser without a session.
            return web.Response(status=404, text='404 - Not Found', content_type='text/html')
        try:
            Api(self, {}).resolve(request.path[len('/api'):])
        except RouterError as refused:
            return _told(refused)
        if entry['user'] is None:
            return web.json_response({'status': 401, 'message': 'Authentication Failed'}, status=401)
        if entry['user'] != 'root' and not privileges.opens(self.version, self.privileges, request.path_qs):
            return web.json_response({'status': 403, 'message': 'Forbidden'}, status=403)
        path = request.path[len('/api'):]
        fault = self.fault_for(request.method, path, entry['body'])
        if fault is None or fault.get('done') or 'half' in fault or 'down' in fault:
            self._request = {'n': entry['n'], 'user': entry['user'], 'method': request.method, 'path': path}
            response = self._carry_out(request, path, entry['body'], fault or {})
        if fault is None or 'half' in fault or 'down' in fault:
            return response
        return await self._fail(request, fault)

    def _carry_out(self, request: web.Request, path: str, body: str, fault: dict[str, Any]) -> web.Response:
        sent = _sent(request, body)
        if sent is None:
            return web.json_response({'status': 400, 'message': 'Invalid JSON syntax'}, status=400)
        try:
            return Api(self, fault).answer(request.method, path, dict(request.query), sent)
        except RouterError as refused:
            return _told(refused)

    async def _fail(self, request: web.Request, fault: dict[str, Any]) -> web.StreamResponse:
        if 'status' in fault:
            return web.json_response({'errorMessage': fault.get('message', '')}, status=fault['status'])
        if 'result' in fault:
            validations = {'validations': fault['validations']} if 'validations' in fault else {}
            return web.json_response({'result': fault['result'], **validations})
        if 'answer' in fault:
            return web.Response(text=fault['answer'], content_type='text/html')
        if 'timeout' in fault:
            await asyncio.sleep(NEVER)
        # The connection breaks without a byte of an answer.
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _user(self, request: web.Request) -> str | None:
        """The user of a request's key and secret, or None."""
        scheme, _, encoded = request.headers.get('Authorization', '').partition(' ')
        try:
            key, _, secret = base64.b64decode(encoded).decode().partition(':')
        except ValueError:
            return None
        for name, (own_key, own_secret) in self.keys.items():
            if scheme == 'Basic' and key == own_key and hmac.compare_digest(secret, own_secret):
                return name
        return None


def _told(refused: RouterError) -> web.Response:
    """A refusal; errors are escaped as HTML, JSON and all (www/api.php:24)."""
    told: dict[str, Any] = {'errorMessage': refused.message}
    if refused.meant:
        told.update(errorTitle=refused.title or '', errorLevel='error')
    return web.Response(status=refused.status, content_type='application/json', charset='utf-8',
                        text=html.escape(json.dumps(told), quote=False))


def _sent(request: web.Request, body: str) -> dict[str, Any] | None:
    """The fields of a body; None for one that should be JSON and is empty. What is JSON and no object has no fields, and neither
    has JSON of another charset (controllers/OPNsense/Base/ApiControllerBase.php:242)."""
    if request.content_type == 'application/x-www-form-urlencoded':
        return php.form(body)
    if request.headers.get('Content-Type', '').replace(' ', '').lower() not in JSON_TYPES:
        return {}
    if not body:
        return None
    try:
        sent = json.loads(body)
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}
