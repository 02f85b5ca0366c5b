"""Faults that a test asks for: an answer with an error, or a task that ends with one."""

import re
from dataclasses import dataclass
from typing import Any

from fakepve import schema


@dataclass(frozen=True)
class Place:
    """The requests that a fault applies to."""

    # A template of the schema, or a regular expression for all of the path.
    path: str
    # A regular expression for a part of the body; None: whatever it says.
    body: str | None = None

    def covers(self, path: str, match: Any, body: str) -> bool:
        """True for a request's path and body; match is what the schema makes of the path, or None."""
        if self.path in schema.load().paths:
            there = match is not None and match.template == self.path
        else:
            there = re.fullmatch(self.path, path) is not None
        return there and (self.body is None or re.search(self.body, body) is not None)


class TaskFault:
    """The error that a task ends with, in place of a name from fakepve's catalogue of errors."""

    def __init__(self, message: str) -> None:
        self.message = message


class Faults:
    """Mixin of the node: faults by schema template or regular expression."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # How many answers to a method and path still get lost; None: all.
        self.lost_answers: dict[tuple[str, Place], int | None] = {}

    def add_fault(self, fault: dict[str, Any]) -> None:
        """Adds a fault.

        Keys: method, path (a template such as /nodes/{node}/qemu/{vmid}/config, or a regular expression for the whole
        path), body (a regular expression for a part of it, default any body), and one of: status with message; error (a name of fakepve's catalogue, see errors_for); task (the error
        that the task ends with); lost (the request is carried out, and its connection reset before the answer). Optional:
        times (how many requests, default all), html (a proxy's page).

        Raises ValueError for a fault that could never apply.
        """
        unknown = set(fault) - {'method', 'path', 'body', 'status', 'message', 'error', 'task', 'lost', 'times', 'html'}
        if unknown:
            raise ValueError(f'unknown keys: {", ".join(sorted(unknown))}')
        method, path = fault['method'], fault['path']
        if path not in schema.load().paths:
            re.compile(path)
        place = (method, Place(path, fault.get('body')))
        re.compile(place[1].body or '')
        options = {'times': fault.get('times'), 'html': bool(fault.get('html'))}
        if 'lost' in fault:
            self.lost_answers[place] = fault.get('times')
        elif 'task' in fault:
            self.failures[place] = {'status': None, 'message': None, 'error': TaskFault(fault['task']), **options}
        else:
            self.fail(method, path, fault.get('status'), fault.get('message'), error=fault.get('error'), **options)
            self.failures[place] = self.failures.pop((method, path))

    def loses_answer(self, method: str, path: str, match: Any, body: str) -> bool:
        """True if the answer to a request is to get lost, which counts as one of the times."""
        for key, times in self.lost_answers.items():
            if key[0] == method and times != 0 and key[1].covers(path, match, body):
                self.lost_answers[key] = None if times is None else times - 1
                return True
        return False

    async def _named_failure(self, request: Any, generic: Any, name: Any) -> Any:
        if isinstance(name, TaskFault):
            match = generic or self.resolve(request, '')
            return {'in_task': True}, 500, name.message, None, match
        return await super()._named_failure(request, generic, name)
