"""A recording of what the node is asked to write: the node and a file, such as a stack's state, at each of the moments."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import whole


class Recording:
    """Pairs of file and node, right before each write and right after it."""

    def __init__(self, file: Path) -> None:
        """`file` is read at each moment; raises ValueError where there is none."""
        if not file.is_file():
            raise ValueError(f'{file} is no file')
        self.file = file
        # Oldest first, as the writes ended.
        self.writes: list[dict[str, Any]] = []

    @contextmanager
    def write(self, node: Any, entry: dict[str, Any]) -> Iterator[None]:
        """Keeps the pairs of a write; entry is the journal's, which has the answer's status in the end."""
        before = self._moment(node)
        try:
            yield
        finally:
            self.writes.append({**entry, 'before': before})
            self.writes[-1]['after'] = self._moment(node)

    def _moment(self, node: Any) -> dict[str, Any]:
        # Whoever writes the file puts a new one in its place, so it is never read half written.
        return {'ended': len(self.writes), 'file': self.file.read_text(), 'node': whole.save(node)}
