"""A process that leaves nothing behind: its run directory, and its end with its parent."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Seconds between two looks at the parent.
PARENT_POLL = 0.2


@contextmanager
def run_dir(path: str | None, prefix: str) -> Iterator[Path]:
    """A directory for this run alone, mode 0700, empty again afterwards; one made here is gone afterwards.

    Raises ValueError for a directory that holds something.
    """
    if path is None:
        folder, made = Path(tempfile.mkdtemp(prefix=f'{prefix}-')), True
    else:
        folder = Path(path).absolute()
        made = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ValueError(f'{folder} is not empty')
        folder.chmod(0o700)
    try:
        yield folder
    finally:
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if made:
            folder.rmdir()


class Ending:
    """Notices when the process is to end; made before anybody is told that the machine is ready."""

    def __init__(self, parent: int) -> None:
        self.parent = parent
        self.told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.told.set)

    async def wait(self) -> None:
        """Returns at SIGTERM, at SIGINT, or once the process with the id `parent` is no longer the parent."""
        while not self.told.is_set() and os.getppid() == self.parent:
            try:
                await asyncio.wait_for(self.told.wait(), PARENT_POLL)
            except asyncio.TimeoutError:
                continue
