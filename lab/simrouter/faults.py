"""Faults that a test asks for, each on the requests that it names."""

import re
from typing import Any

# What a fault does; exactly one of these stands in it.
KINDS = ('status', 'result', 'answer', 'timeout', 'reset', 'half', 'down')


class Faults:
    """Mixin of the router: faults by method and regular expression for the path below /api."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[dict[str, Any]] = []

    def add_fault(self, fault: dict[str, Any]) -> None:
        """Adds a fault.

        Keys: method, path (a regular expression for all of the path below /api), body (one for a part of the body, where it is to
        be of one request among many), and one of
        status (an HTTP status, with message), result (`failed`, with validations), answer (text that is answered with
        200 in place of JSON), timeout (no answer), reset (the connection breaks),
        half (a reconfigure that says ok, applies nothing and leaves the service stopped),
        down (a reconfigure that applies, after which the service does not run).
        Optional: times (how many requests, default all), done (the request is carried out before it fails).

        Raises ValueError for a fault that could never apply.
        """
        unknown = set(fault) - {'method', 'path', 'body', 'message', 'validations', 'times', 'done', *KINDS}
        if unknown:
            raise ValueError(f'unknown keys: {", ".join(sorted(unknown))}')
        if sum(kind in fault for kind in KINDS) != 1:
            raise ValueError(f'exactly one of {", ".join(KINDS)} is needed')
        if not fault['method'] or not fault['path']:
            raise ValueError('method and path are needed')
        re.compile(fault['path'])
        re.compile(fault.get('body', ''))
        self.faults.append(dict(fault))

    def fault_for(self, method: str, path: str, body: str) -> dict[str, Any] | None:
        """The fault that a request meets; one that was asked for a number of times is used up by it."""
        for fault in self.faults:
            if fault['method'] == method and re.fullmatch(fault['path'], path) and re.search(fault.get('body', ''), body):
                if fault.get('times') is not None:
                    fault['times'] -= 1
                    if fault['times'] <= 0:
                        self.faults.remove(fault)
                return fault
        return None
