"""The control interface of the simulated node."""

from pathlib import Path
from typing import Any

from aiohttp import web
from simcommon import control

from . import state, whole
from .access import TOKEN
from .recording import Recording
from .versions import VERSIONS


class Control(control.Control):
    """Serves the control interface of a node."""

    def state(self) -> Any:
        return state.dump(self.machine)

    def whole(self) -> Any:
        return whole.save(self.machine)

    def restore(self, sent: Any) -> None:
        whole.restore(self.machine, sent)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get('/recording', self._recording)

    async def _recording(self, request: web.Request) -> web.Response:
        if self.machine.recording is None:
            raise ValueError('nothing is recorded')
        return control.as_json(self.machine.recording.writes)

    def clear_faults(self) -> None:
        self.machine.failures.clear()
        self.machine.lost_answers.clear()

    def change_settings(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Changes settings: time_scale (real seconds per PVE second; 0 ends tasks at once), task_seconds (PVE seconds
        that tasks take by their type, as {"qmclone": 40, "linked": 2}; two full clones copy side by side, and others wait), latency (real
        seconds before every answer), clone_seconds (real seconds that a full clone copies), agents_answer (whether guest
        agents do), grants (all that users and tokens are granted; null for the program's roles), without (privileges that
        nobody but root holds), secret (a new one of the program's token), address (of the node), clock_ahead (seconds that the node's clock
        is ahead of this machine's), reset_every
        (requests until the connection is reset; 0: never), members (names of further nodes of a cluster that it is in), cpu_types (of the node's own, as custom-old), deaf (VMIDs of guests that
        ignore ACPI), record
        (a file that is kept beside the node's state before and after each write from now on; null: no more), pve (a newer version that it is
        upgraded to in place, as 9.2), product (a version that it says it is, as 10.0.1, answering as before), images (bytes of disk images in
        files of the host, by their paths)."""
        control.require_known(wanted, {'time_scale', 'latency', 'clone_seconds', 'agents_answer', 'grants', 'without',
                                       'reset_every', 'clock_ahead', 'members', 'secret', 'address', 'task_seconds', 'record', 'cpu_types',
                                       'deaf', 'pve', 'product', 'images'})
        node = self.machine
        if 'pve' in wanted:
            if wanted['pve'] not in VERSIONS:
                raise ValueError(f'pve: {wanted["pve"]} is none of {", ".join(VERSIONS)}')
            node.upgrade(VERSIONS[wanted['pve']])
        if 'product' in wanted:
            node.version = str(wanted['product'])
        if 'images' in wanted:
            node.images = {str(path): int(size) for path, size in wanted['images'].items()}
        if 'time_scale' in wanted:
            node.time_scale = float(wanted['time_scale'])
        if 'task_seconds' in wanted:
            node.task_seconds = {kind: float(seconds) for kind, seconds in wanted['task_seconds'].items()}
        if 'latency' in wanted:
            node.latency_seconds = float(wanted['latency'])
        if 'clone_seconds' in wanted:
            node.clone_seconds = float(wanted['clone_seconds'])
        if 'agents_answer' in wanted:
            node.agents_answer = bool(wanted['agents_answer'])
        if 'reset_every' in wanted:
            node.reset_every = int(wanted['reset_every'])
        if 'clock_ahead' in wanted:
            node.clock_ahead = float(wanted['clock_ahead'])
        if 'members' in wanted:
            node.nodes = {node.site.node: {'online': True}, **{name: {'online': True} for name in wanted['members']}}
        if 'cpu_types' in wanted:
            node.cpu_types = [str(name) for name in wanted['cpu_types']]
        if 'deaf' in wanted:
            node.deaf = {int(vmid) for vmid in wanted['deaf']}
        if 'record' in wanted:
            node.recording = None if wanted['record'] is None else Recording(Path(wanted['record']))
        if 'grants' in wanted:
            self._grant(wanted['grants'])
        if 'secret' in wanted:
            # As a token that was removed and made again: the secret before is refused.
            node.apitokens[TOKEN] = str(wanted['secret'])
        if 'address' in wanted:
            node.move_to(str(wanted['address']))
        if 'without' in wanted:
            node.withheld = self._privileges(wanted['without'])
        return {'time_scale': node.time_scale, 'latency': node.latency_seconds, 'agents_answer': node.agents_answer,
                'without': sorted(node.withheld)}

    def _grant(self, grants: list[dict[str, Any]] | None) -> None:
        if grants is None:
            self.machine.grant_role()
            return
        for grant in grants:
            if set(grant) != {'path', 'privileges', 'propagate', 'userids'}:
                raise ValueError('a grant has path, privileges, propagate and userids')
            self._privileges(grant['privileges'])
        self.machine.grant_only(grants)

    def _privileges(self, names: list[str]) -> frozenset[str]:
        """The names; a word that is no privilege of the node's version would make a test that tests nothing."""
        unknown = set(names) - self.machine.pve.privileges
        if unknown:
            raise ValueError(f'no privileges of PVE {self.machine.pve.release}: {", ".join(sorted(unknown))}')
        return frozenset(names)
