"""The control interface: what a test needs to see and steer, as HTTP and JSON on a Unix socket."""

import json
import os
from pathlib import Path
from typing import Any

from aiohttp import web

from . import state
from .access import PRIVILEGES

# Bytes that Linux allows for the path of a Unix socket.
SOCKET_PATH_MAX = 107


def _json(data: Any, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, dumps=lambda value: json.dumps(value, sort_keys=True))


class Control:
    """Serves the control interface of a node."""

    def __init__(self, node: Any, path: Path) -> None:
        if len(os.fsencode(path)) > SOCKET_PATH_MAX:
            raise ValueError(f'{path} is too long for a Unix socket: at most {SOCKET_PATH_MAX} bytes')
        self.node = node
        self.path = path
        self.runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens on the socket, which only its owner may use."""
        app = web.Application(middlewares=[_refusals])
        app.router.add_get('/requests', self._requests)
        app.router.add_delete('/requests', self._forget_requests)
        app.router.add_post('/faults', self._add_fault)
        app.router.add_delete('/faults', self._clear_faults)
        app.router.add_get('/state', self._state)
        app.router.add_patch('/settings', self._settings)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        mask = os.umask(0o177)
        try:
            await web.UnixSite(self.runner, str(self.path)).start()
        finally:
            os.umask(mask)

    async def stop(self) -> None:
        """Stops listening and removes the socket."""
        if self.runner is not None:
            await self.runner.cleanup()
        self.path.unlink(missing_ok=True)

    async def _requests(self, request: web.Request) -> web.Response:
        return _json(self.node.journal)

    async def _forget_requests(self, request: web.Request) -> web.Response:
        self.node.journal.clear()
        return _json({})

    async def _add_fault(self, request: web.Request) -> web.Response:
        self.node.add_fault(await request.json())
        return _json({})

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self.node.failures.clear()
        return _json({})

    async def _state(self, request: web.Request) -> web.Response:
        return _json(state.dump(self.node))

    async def _settings(self, request: web.Request) -> web.Response:
        """Changes settings: time_scale (real seconds per PVE second; 0 ends tasks at once), latency (real seconds
        before every answer), agents_answer (whether guest agents do), grants (all that users and tokens are granted;
        null for the program's roles), without (privileges that nobody but root holds)."""
        wanted = await request.json()
        unknown = set(wanted) - {'time_scale', 'latency', 'agents_answer', 'grants', 'without'}
        if unknown:
            raise ValueError(f'unknown settings: {", ".join(sorted(unknown))}')
        if 'time_scale' in wanted:
            self.node.time_scale = float(wanted['time_scale'])
        if 'latency' in wanted:
            self.node.latency_seconds = float(wanted['latency'])
        if 'agents_answer' in wanted:
            self.node.agents_answer = bool(wanted['agents_answer'])
        if 'grants' in wanted:
            self._grant(wanted['grants'])
        if 'without' in wanted:
            self.node.withheld = _privileges(wanted['without'])
        return _json({'time_scale': self.node.time_scale, 'latency': self.node.latency_seconds,
                      'agents_answer': self.node.agents_answer, 'without': sorted(self.node.withheld)})

    def _grant(self, grants: list[dict[str, Any]] | None) -> None:
        if grants is None:
            self.node.grant_role()
            return
        for grant in grants:
            if set(grant) != {'path', 'privileges', 'propagate', 'userids'}:
                raise ValueError('a grant has path, privileges, propagate and userids')
            _privileges(grant['privileges'])
        self.node.grant_only(grants)


def _privileges(names: list[str]) -> frozenset[str]:
    """The names; a word that is no privilege of PVE 8.4 would make a test that tests nothing."""
    unknown = set(names) - PRIVILEGES
    if unknown:
        raise ValueError(f'no privileges of PVE 8.4: {", ".join(sorted(unknown))}')
    return frozenset(names)


@web.middleware
async def _refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """A request that makes no sense is answered with why."""
    try:
        return await handler(request)
    except KeyError as missing:
        return _json({'error': f'{missing} is missing'}, 400)
    except (ValueError, TypeError, AttributeError) as wrong:
        return _json({'error': str(wrong)}, 400)
