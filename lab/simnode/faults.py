"""Faults that a test asks for: an answer with an error, or a task that ends with one."""

import re
from typing import Any

from fakepve import schema


class TaskFault:
    """The error that a task ends with, in place of a name from fakepve's catalogue of errors."""

    def __init__(self, message: str) -> None:
        self.message = message


class Faults:
    """Mixin of the node: faults by schema template or regular expression."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # How many answers to a method and path still get lost; None: all.
        self.lost_answers: dict[tuple[str, str], int | None] = {}

    def add_fault(self, fault: dict[str, Any]) -> None:
        """Adds a fault.

        Keys: method, path (a template such as /nodes/{node}/qemu/{vmid}/config, or a regular expression for the whole
        path), and one of: status with message; error (a name of fakepve's catalogue, see errors_for); task (the error
        that the task ends with); lost (the request is carried out, and its connection reset before the answer). Optional:
        times (how many requests, default all), html (a proxy's page).

        Raises ValueError for a fault that could never apply.
        """
        unknown = set(fault) - {'method', 'path', 'status', 'message', 'error', 'task', 'lost', 'times', 'html'}
        if unknown:
            raise ValueError(f'unknown keys: {", ".join(sorted(unknown))}')
        method, path = fault['method'], fault['path']
        if path not in schema.load().paths:
            re.compile(path)
        options = {'times': fault.get('times'), 'html': bool(fault.get('html'))}
        if 'lost' in fault:
            self.lost_answers[(method, path)] = fault.get('times')
        elif 'task' in fault:
            self.failures[(method, path)] = {'status': None, 'message': None, 'error': TaskFault(fault['task']),
                                             **options}
        else:
            self.fail(method, path, fault.get('status'), fault.get('message'), error=fault.get('error'), **options)

    @staticmethod
    def fault_applies(pattern: str, path: str, match: Any) -> bool:
        """True if the fault's path covers a request's path; match is what the schema makes of the latter, or None."""
        if pattern in schema.load().paths:
            return match is not None and match.template == pattern
        return re.fullmatch(pattern, path) is not None

    def loses_answer(self, method: str, path: str, match: Any) -> bool:
        """True if the answer to a request is to get lost, which counts as one of the times."""
        for key, times in self.lost_answers.items():
            if key[0] == method and times != 0 and self.fault_applies(key[1], path, match):
                self.lost_answers[key] = None if times is None else times - 1
                return True
        return False

    async def _named_failure(self, request: Any, generic: Any, name: Any) -> Any:
        if isinstance(name, TaskFault):
            match = generic or self.resolve(request, '')
            return {'in_task': True}, 500, name.message, None, match
        return await super()._named_failure(request, generic, name)
