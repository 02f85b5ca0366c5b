import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import LAB, PATIENCE, start
from node_client import Client
from router_client import Router

sys.path.insert(0, str(LAB))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With TEST_SEED the files are in a random order, and so are the tests of each: the same one for the same seed, as
    tests/sequencer.js has it for jest."""
    seed = os.environ.get('TEST_SEED')
    if seed:
        dice = random.Random(int(seed))
        files = {item.path: dice.random() for item in items}
        items.sort(key=lambda item: (files[item.path], dice.random()))


def running_machine(package: str, folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """What a machine says when it is ready; it must end without a word on its standard error."""
    process = start(package, folder, *options)
    line = process.stdout.readline()
    assert line, process.stderr.read()
    yield json.loads(line)
    process.terminate()
    _out, err = process.communicate(timeout=PATIENCE)
    assert err == ''


@pytest.fixture(scope='session')
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One node for all tests; each test works on VMs of its own."""
    for ready in running_machine('simnode', tmp_path_factory.mktemp('node'), '--pve', '8.4'):
        client = Client(ready)
        client.control('PATCH', '/settings', {'grants': wide_grants()})
        yield client


@pytest.fixture(scope='module')
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A node for tests that leave changes behind; each compares it with what it found."""
    for ready in running_machine('simnode', tmp_path_factory.mktemp('spare'), '--pve', '8.4'):
        yield Client(ready)


@pytest.fixture
def node(running: Client) -> Iterator[Client]:
    """The node, with the faults and settings of the test before undone."""
    yield running
    running.control('DELETE', '/faults')
    running.control('PATCH', '/settings', {'time_scale': 0, 'task_seconds': {}, 'latency': 0, 'agents_answer': False,
                                           'grants': wide_grants(), 'without': [], 'reset_every': 0,
                                           'cpu_types': [], 'deaf': [], 'clock_ahead': 0})


def wide_grants() -> list[dict]:
    """More than the program's roles: most tests work on VMs that are in no pool, and read what the program does not."""
    from simnode.access import ROLE
    from simnode.versions import VERSIONS
    privileges = [name for grant in VERSIONS['8.4'].grants(ROLE['grants']) if grant['path'] != '/' for name in grant['privileges']]
    return [{'path': path, 'privileges': [*privileges, 'Sys.Audit'], 'propagate': True,
             'userids': ['deevnet@pve', 'deevnet@pve!pulumi']}
            for path in ('/vms', '/storage', '/pool', '/sdn/zones', '/nodes')]


@pytest.fixture(scope='session')
def running_router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """One router for all tests; each test takes away what it made."""
    for ready in running_machine('simrouter', tmp_path_factory.mktemp('router')):
        yield Router(ready)


@pytest.fixture
def router(running_router: Router) -> Iterator[Router]:
    """The router; what a test left on it, or broke, fails the test."""
    before = running_router.control('GET', '/state')
    yield running_router
    running_router.control('DELETE', '/faults')
    running_router.control('PATCH', '/settings', {'latency': 0, 'privileges': None})
    running_router.clean_up()
    assert running_router.control('GET', '/state') == before


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A place for a machine that the test starts itself."""
    return tmp_path / 'run'
