"""The control interface: what a test needs to see and steer, as HTTP and JSON on a Unix socket."""

import json
import os
from pathlib import Path
from typing import Any

from aiohttp import web

# Bytes that Linux allows for the path of a Unix socket.
SOCKET_PATH_MAX = 107
# Bytes of a state that is put back, at most: a hundred VMs are less than one MiB.
STATE_MAX = 64 * 2 ** 20


def as_json(data: Any, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, dumps=lambda value: json.dumps(value, sort_keys=True))


class Control:
    """Serves the control interface of a simulated machine; a subclass says what its state and settings are."""

    def __init__(self, machine: Any, path: Path) -> None:
        if len(os.fsencode(path)) > SOCKET_PATH_MAX:
            raise ValueError(f'{path} is too long for a Unix socket: at most {SOCKET_PATH_MAX} bytes')
        self.machine = machine
        self.path = path
        self.runner: web.AppRunner | None = None

    def state(self) -> Any:
        """Everything lasting; two dumps are equal exactly when the machine is in the same state."""
        raise NotImplementedError

    def whole(self) -> Any:
        """Everything lasting in a form that restore() takes; more than state(), which leaves out what differs by chance."""
        raise NotImplementedError

    def restore(self, sent: Any) -> None:
        """Puts back what whole() gave; raises ValueError for what makes no sense, and then changes nothing."""
        raise NotImplementedError

    def change_settings(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Changes settings and gives back all of them; raises ValueError for one that makes no sense."""
        raise NotImplementedError

    def clear_faults(self) -> None:
        raise NotImplementedError

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds what only this machine has."""

    async def start(self) -> None:
        """Listens on the socket, which only its owner may use."""
        app = web.Application(middlewares=[_refusals], client_max_size=STATE_MAX)
        app.router.add_get('/requests', self._requests)
        app.router.add_delete('/requests', self._forget_requests)
        app.router.add_post('/faults', self._add_fault)
        app.router.add_delete('/faults', self._clear_faults)
        app.router.add_get('/state', self._state)
        app.router.add_get('/state/whole', self._whole)
        app.router.add_put('/state', self._restore)
        app.router.add_patch('/settings', self._settings)
        self.add_routes(app.router)
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
        return as_json(self.machine.journal)

    async def _forget_requests(self, request: web.Request) -> web.Response:
        self.machine.journal.clear()
        return as_json({})

    async def _add_fault(self, request: web.Request) -> web.Response:
        self.machine.add_fault(await request.json())
        return as_json({})

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self.clear_faults()
        return as_json({})

    async def _state(self, request: web.Request) -> web.Response:
        return as_json(self.state())

    async def _whole(self, request: web.Request) -> web.Response:
        # Not sorted: records are in the order in which they were made, which a machine may answer in.
        return web.json_response(self.whole())

    async def _restore(self, request: web.Request) -> web.Response:
        self.restore(await request.json())
        return as_json({})

    async def _settings(self, request: web.Request) -> web.Response:
        return as_json(self.change_settings(await request.json()))


def require_known(wanted: dict[str, Any], known: set[str]) -> None:
    """Raises ValueError for settings that there are not."""
    unknown = set(wanted) - known
    if unknown:
        raise ValueError(f'unknown settings: {", ".join(sorted(unknown))}')


@web.middleware
async def _refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """A request that makes no sense is answered with why."""
    try:
        return await handler(request)
    except KeyError as missing:
        return as_json({'error': f'{missing} is missing'}, 400)
    except (ValueError, TypeError, AttributeError) as wrong:
        return as_json({'error': str(wrong)}, 400)
