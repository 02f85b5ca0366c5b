"""How long tasks take: what fakepve knows for some of them, a real node's disks and boots decide for all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fakepve.model import FakeVm

from .linked import LINKED

Body = Callable[[], Awaitable[Any]]

# A node's disks copy so many templates at full speed; whoever comes later waits.
COPIES = 2


class Durations:
    """Mixin of the node: PVE seconds that tasks of a type take before they do what they do, scaled by time_scale."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By the type in the task's UPID, such as qmclone; a linked clone, which copies nothing, is `linked`.
        self.task_seconds: dict[str, float] = {}
        self._copies = asyncio.Semaphore(COPIES)

    async def task(self, node: str, ttype: str, tid: Any, user: str, body: Body, vm: FakeVm | None = None,
                   **options: Any) -> str:
        """Starts a task that takes its time."""
        linked = ttype == 'qmclone' and LINKED.get()
        seconds, inner = self.task_seconds.get('linked' if linked else ttype, 0), body

        async def slow() -> Any:
            if ttype == 'qmclone' and not linked:
                async with self._copies:
                    await self.pause(seconds)
            else:
                await self.pause(seconds)
            return await inner()
        return await super().task(node, ttype, tid, user, slow if seconds else body, vm=vm, **options)
