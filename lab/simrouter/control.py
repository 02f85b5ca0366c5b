"""The control interface of the simulated router."""

from typing import Any

from aiohttp import web
from simcommon import control

from . import inventory, own, privileges, states, whole


class Control(control.Control):
    """Serves the control interface of a router."""

    def state(self) -> Any:
        return whole.state(self.machine)

    def whole(self) -> Any:
        return whole.save(self.machine)

    def restore(self, sent: Any) -> None:
        whole.restore(self.machine, sent)

    def clear_faults(self) -> None:
        self.machine.faults.clear()

    def change_settings(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Changes settings: latency (real seconds before every answer), table_seconds (real seconds from the reload of the rules
        until aliases' tables are filled), secret (a new one of the program's key), privileges (those of the program's user, by
        name; null brings its own back)."""
        control.require_known(wanted, {'latency', 'privileges', 'secret', 'table_seconds'})
        if 'table_seconds' in wanted:
            self.machine.table_seconds = float(wanted['table_seconds'])
        if 'latency' in wanted:
            self.machine.latency_seconds = float(wanted['latency'])
        if 'secret' in wanted:
            key, _ = self.machine.keys['deevnet']
            self.machine.keys['deevnet'] = (key, str(wanted['secret']))
        if 'privileges' in wanted:
            named = wanted['privileges']
            self.machine.privileges = (privileges.program(self.machine.version) if named is None
                                       else privileges.require_privileges(self.machine.version, named))
        return {'latency': self.machine.latency_seconds, 'table_seconds': self.machine.table_seconds,
                'privileges': list(self.machine.privileges)}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get('/audit', self._audit)
        router.add_get('/names', self._names)
        router.add_delete('/audit', self._forget_audit)
        router.add_post('/reboot', self._reboot)
        router.add_get('/states', self._states)
        router.add_put('/states', self._put_states)
        router.add_put('/interfaces/{identifier}', self._assign)
        router.add_delete('/interfaces/{identifier}', self._unassign)

    async def _names(self, request: web.Request) -> web.Response:
        return control.as_json(own.names(self.machine))

    async def _states(self, request: web.Request) -> web.Response:
        return control.as_json(self.machine.states)

    async def _put_states(self, request: web.Request) -> web.Response:
        self.machine.states = states.require_states(await request.json())
        return control.as_json({})

    async def _reboot(self, request: web.Request) -> web.Response:
        self.machine.reboot()
        return control.as_json({})

    async def _audit(self, request: web.Request) -> web.Response:
        return control.as_json(self.machine.audit)

    async def _forget_audit(self, request: web.Request) -> web.Response:
        self.machine.audit.clear()
        return control.as_json({})

    async def _assign(self, request: web.Request) -> web.Response:
        """What a person does under Interfaces > Assignments, for which the API has nothing: device, description,
        addr4, enabled."""
        sent = await request.json()
        assigned = inventory.interface(sent['device'], sent.get('description', ''), sent['addr4'],
                                       bool(sent.get('enabled', True)))
        self.machine.interfaces[request.match_info['identifier']] = assigned
        return control.as_json(assigned)

    async def _unassign(self, request: web.Request) -> web.Response:
        del self.machine.interfaces[request.match_info['identifier']]
        return control.as_json({})
