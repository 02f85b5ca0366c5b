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
    client = Client(json.loads(line))
    client.control('PATCH', '/settings', {'grants': wide_grants()})
    yield client
    process.terminate()
    _out, err = process.communicate(timeout=10)
    assert err == ''


@pytest.fixture
def node(running: Client) -> Iterator[Client]:
    """The node, with the faults and settings of the test before undone."""
    yield running
    running.control('DELETE', '/faults')
    running.control('PATCH', '/settings', {'time_scale': 0, 'latency': 0, 'agents_answer': False,
                                           'grants': wide_grants(), 'without': []})


def wide_grants() -> list[dict]:
    """More than the program's roles: most tests work on VMs that are in no pool, and read what the program does not."""
    from simnode.access import ROLE
    privileges = [name for grant in ROLE['grants'] if grant['path'] != '/' for name in grant['privileges']]
    return [{'path': path, 'privileges': [*privileges, 'Sys.Audit'], 'propagate': True,
             'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}
            for path in ('/vms', '/storage', '/pool', '/sdn/zones', '/nodes')]


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A place for a node that the test starts itself."""
    return tmp_path / 'run'
