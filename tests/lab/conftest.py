import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_client import LAB, Client, start

sys.path.insert(0, str(LAB))


@pytest.fixture(scope='session')
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One node for all tests; each test works on VMs of its own."""
    process = start(tmp_path_factory.mktemp('node'))
    line = process.stdout.readline()
    assert line, process.stderr.read()
    yield Client(json.loads(line))
    process.terminate()
    _out, err = process.communicate(timeout=10)
    assert err == ''


@pytest.fixture
def node(running: Client) -> Iterator[Client]:
    """The node, with the faults and settings of the test before undone."""
    yield running
    running.control('DELETE', '/faults')
    running.control('PATCH', '/settings', {'time_scale': 0, 'latency': 0, 'agents_answer': False})


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A place for a node that the test starts itself."""
    return tmp_path / 'run'
