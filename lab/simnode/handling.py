"""How requests reach the node: blank values, trailing slashes, and the journal of what was asked."""

import asyncio
import json
import re
import time
import urllib.parse
from contextlib import AbstractContextManager, nullcontext
from email.utils import formatdate
from typing import Any

from aiohttp import web
from fakepve import schema
from fakepve import server as fakepve_server
from fakepve.model import PveError
from fakepve.routing import param_error
from fakepve.server import API, USER, redact

from .faults import Place
from .recording import Recording

# Kept in the journal at most; a long test run must not eat the machine.
JOURNAL_MAX = 20_000
KNOWN_METHODS = ('GET', 'POST', 'PUT', 'DELETE')
# Under which a request keeps its body as text.
BODY = 'body'
# Requests that let a VM run.
START = re.compile(r'.*/qemu/(\d+)/status/(?:start|resume|reboot|reset)/?')


async def parameters(request: web.Request) -> dict[str, Any]:
    """Request parameters as PVE takes them.

    Unlike fakepve's own reader it keeps a form's blank values: `tags=` is how a client removes the tags.
    """
    out = fakepve_server.collect(request.query.items())
    body = await request.read()
    if not body or request.content_type == 'multipart/form-data':
        return out
    if request.content_type == 'application/json':
        return await _fakepve_parameters(request)
    try:
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError:
        raise fakepve_server.bad_request(body='malformed request body') from None
    out.update(fakepve_server.collect(pairs))
    return out


# Every handler of fakepve reads its parameters through this one name of its server module.
_fakepve_parameters = fakepve_server.params
fakepve_server.params = parameters


class RequestHandling:
    """Mixin of the node: routes with a trailing slash, the journal, the latency and the matching of faults."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.journal: list[dict[str, Any]] = []
        # Real seconds before every answer; fakepve's own latency counts in PVE seconds, which time_scale 0 drops.
        self.latency_seconds = 0.0
        # Seconds that the node's clock is ahead of this machine's, in the header Date of its answers.
        self.clock_ahead = 0.0
        # Every so many requests the connection is reset, by turns before the request is heard and after it is done; 0: never.
        self.reset_every = 0
        self._asked = 0
        # What keeps the writes with node and file at each; None: nobody asked for it.
        self.recording: Recording | None = None

    def _build_app(self) -> web.Application:
        app = super()._build_app()
        app.middlewares.insert(0, self._journal)
        # PVE::RESTHandler::find_handler drops empty path segments, so /qemu/5000/ is /qemu/5000.
        for route in list(app.router.routes()):
            path = route.resource.canonical
            if '.+}' not in str(route.resource.get_info().get('pattern', '')) and not path.endswith('{tail}'):
                app.router.add_route(route.method, path + '/', route.handler)
        return app

    @web.middleware
    async def _journal(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self._asked += 1
        entry = {'n': self._asked, 'method': request.method, 'path': request.path_qs, 'body': '', 'status': 0,
                 'user': None}
        start = START.fullmatch(request.path) if request.method == 'POST' else None
        if start:
            entry['firewall'] = self.wall_of(int(start[1]))
        self.journal.append(entry)
        del self.journal[:-JOURNAL_MAX]
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        reset = self.reset_every and self._asked % self.reset_every == 0
        if reset and self._asked // self.reset_every % 2 == 0:
            return _reset(request)
        try:
            with self._recorded(entry):
                response = await handler(request)
                # pve-http-server dates every answer (src/PVE/APIServer/AnyEvent.pm:331).
                response.headers['Date'] = formatdate(time.time() + self.clock_ahead, usegmt=True)
                entry.update(status=response.status, user=request.get(USER))
                if request.content_type != 'multipart/form-data':
                    entry['body'] = _hide_password(redact(await request.read(), request.content_type))
        except web.HTTPException as failure:
            entry['status'] = failure.status
            raise
        except ConnectionResetError:
            # The client went away in the middle of its request, as one that is killed does.
            return _reset(request)
        if reset or self.lost_answers and response.status < 400 and self._loses_answer(request):
            return _reset(request)
        return response

    async def answer(self, request: web.Request, match: Any, params: Any, user: Any, call: Any = None) -> Any:
        """A path without such a method, known or not, is not implemented (PVE/HTTPServer.pm:150), and a
        method of HTTP that PVE does not know is not available (APIServer/AnyEvent.pm:1399)."""
        if request.method not in KNOWN_METHODS:
            raise PveError(501, f"method '{request.method}' not available")
        if match is None or request.method not in match.methods:
            raise PveError(501, f"Method '{request.method} {request.path[len(API):]}' not implemented")
        return await super().answer(request, match, params, user, call)

    def _verify(self, request: web.Request, values: Any, drop: Any = ()) -> Any:
        verified = super()._verify(request, values, drop)
        require_lock_kept(request[USER], verified)
        return verified

    async def _status_action(self, request: web.Request) -> web.Response:
        """A change of a VM's power has the parameters of its schema alone."""
        match = self.resolve(request, API)
        if match is not None and request.method in match.methods:
            self._vm(request, 'VM.PowerMgmt')
            values, errors = schema.validate(match.methods[request.method]['parameters'],
                                             {**await parameters(request), **match.params})
            if errors:
                raise param_error(**errors)
            require_lock_kept(request[USER], values)
        return await super()._status_action(request)

    def _recorded(self, entry: dict[str, Any]) -> AbstractContextManager[None]:
        return nullcontext() if self.recording is None or entry['method'] == 'GET' else self.recording.write(self, entry)

    def _record(self, request: web.Request, body: bytes) -> None:
        request[BODY] = body.decode(errors='replace')
        super()._record(request, body)

    def _loses_answer(self, request: web.Request) -> bool:
        path = request.path[len(API):].rstrip('/')
        return self.loses_answer(request.method, path, self.resolve(request, API), request[BODY])

    def _failure_matches(self, request: web.Request, generic: Any, place: Place) -> bool:
        match = generic or self.resolve(request, API)
        return place.covers(request.path[len(API):].rstrip('/'), match, request[BODY])


def require_lock_kept(user: str, values: dict[str, Any]) -> None:
    """Raises PVE's 400 for a lock that somebody else than root would pass over; every method begins with it."""
    if values.get('skiplock') and user != 'root@pam':
        raise param_error(skiplock='Only root may use this option.')


def _reset(request: web.Request) -> web.Response:
    """Resets the connection of a request, as a network between client and node does; the answer reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _hide_password(body: bytes) -> str:
    """The body as text with the cloud-init password, which fakepve does not know as a secret, replaced."""
    text = body.decode(errors='replace')
    if 'cipassword' not in text:
        return text
    try:
        fields = json.loads(text)
        return json.dumps({**fields, 'cipassword': '***'})
    except ValueError:
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        return urllib.parse.urlencode([(k, '***' if k == 'cipassword' else v) for k, v in pairs])
