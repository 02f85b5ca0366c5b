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
        before every answer), agents_answer (whether guest agents do)."""
        control.require_known(wanted, {'time_scale', 'latency', 'agents_answer'})
        node = self.machine
        if 'time_scale' in wanted:
            node.time_scale = float(wanted['time_scale'])
        if 'latency' in wanted:
            node.latency_seconds = float(wanted['latency'])
        if 'agents_answer' in wanted:
            node.agents_answer = bool(wanted['agents_answer'])
        return {'time_scale': node.time_scale, 'latency': node.latency_seconds, 'agents_answer': node.agents_answer}
