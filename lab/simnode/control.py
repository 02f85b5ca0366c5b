"""The control interface of the simulated node, for tests only: JSON over HTTP on a Unix socket."""

import json
import os

from aiohttp import web

from .state import snapshot

# What PATCH /settings may change: seconds of PVE time to real ones, and PVE seconds added to each answer.
SETTINGS = ('time_scale', 'latency')


class Control:
    """Serves a node's requests, faults, state and settings to whoever may open the socket."""

    def __init__(self, node, path):
        self.node, self.path, self.runner = node, path, None

    async def start(self):
        """Listen on the socket, which only its owner can open."""
        app = web.Application()
        app.add_routes([
            web.get('/requests', self._requests), web.delete('/requests', self._forget),
            web.post('/faults', self._fail), web.delete('/faults', self._heal),
            web.get('/state', self._state), web.patch('/settings', self._set),
        ])
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.UnixSite(self.runner, self.path).start()
        os.chmod(self.path, 0o600)

    async def stop(self):
        """Close the socket."""
        await self.runner.cleanup()

    async def _requests(self, _request):
        return web.json_response(self.node.log)

    async def _forget(self, _request):
        self.node.log.clear()
        return web.json_response({})

    async def _fail(self, request):
        fault = await request.json()
        method, path = fault.pop('method'), fault.pop('path')
        try:
            self.node.fail(method, path, **fault)
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({})

    async def _heal(self, _request):
        self.node.failures.clear()
        return web.json_response({})

    async def _state(self, _request):
        return web.json_response(snapshot(self.node), dumps=lambda data: json.dumps(data, sort_keys=True))

    async def _set(self, request):
        settings = await request.json()
        unknown = sorted(set(settings) - set(SETTINGS))
        if unknown:
            raise web.HTTPBadRequest(text='unknown: {0}; allowed: {1}'.format(', '.join(unknown), ', '.join(SETTINGS)))
        if 'time_scale' in settings:
            self.node.time_scale = float(settings['time_scale'])
        if 'latency' in settings:
            self.node.network['latency'] = float(settings['latency'])
        return web.json_response({})
