"""The control interface of the simulated node."""

from typing import Any

from simcommon import control

from . import state


class Control(control.Control):
    """Serves the control interface of a node."""

    def state(self) -> Any:
        return state.dump(self.machine)

    def clear_faults(self) -> None:
        self.machine.failures.clear()

    def change_settings(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Changes settings: time_scale (real seconds per PVE second; 0 ends tasks at once), latency (real seconds
        before every answer), agents_answer (whether guest agents do), grant (privileges that the program's user and
        token hold beside their role, by path), reset_every (requests until the connection is reset; 0: never)."""
        control.require_known(wanted, {'time_scale', 'latency', 'agents_answer', 'grant', 'reset_every'})
        node = self.machine
        if 'time_scale' in wanted:
            node.time_scale = float(wanted['time_scale'])
        if 'latency' in wanted:
            node.latency_seconds = float(wanted['latency'])
        if 'agents_answer' in wanted:
            node.agents_answer = bool(wanted['agents_answer'])
        if 'reset_every' in wanted:
            node.reset_every = int(wanted['reset_every'])
        for path, privileges in wanted.get('grant', {}).items():
            node.grant_program(path, *privileges)
        return {'time_scale': node.time_scale, 'latency': node.latency_seconds, 'agents_answer': node.agents_answer}
