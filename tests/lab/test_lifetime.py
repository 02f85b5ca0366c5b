"""The process: where it listens, what it says, and that it leaves nothing behind."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from machine import LAB, PATIENCE, start
from node_client import Client
from router_client import Router

MACHINES = ('simnode', 'simrouter')
both = pytest.mark.parametrize('package', MACHINES)


def wait_until(condition, seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def is_running(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().split(') ')[1][0] != 'Z'
    except FileNotFoundError:
        return False


def test_says_in_one_line_how_to_reach_it(run_dir):
    process = start('simnode', run_dir, SIMNODE_TOKEN_SECRET='chosen')
    ready = json.loads(process.stdout.readline())
    version = Client(ready).call('GET', '/version')
    process.terminate()
    rest, _err = process.communicate(timeout=PATIENCE)

    assert set(ready) == {'endpoint', 'caFile', 'apiToken', 'rootPassword', 'node', 'control'}
    assert ready['endpoint'].startswith('https://127.0.0.1:') and ready['node'] == 'pve2'
    assert ready['apiToken'] == 'deevnet@pve!pulumi=chosen'
    assert version['version'] == '8.4.1'
    assert rest == ''


def test_router_says_in_one_line_how_to_reach_it(run_dir):
    process = start('simrouter', run_dir, SIMROUTER_API_SECRET='chosen')
    ready = json.loads(process.stdout.readline())
    kea = Router(ready).get('kea/service/status')
    # The program's key has no privilege for what the router is.
    version = Router({**ready, 'apiKey': ready['rootKey'], 'apiSecret': ready['rootSecret']}).get('core/firmware/status')
    process.terminate()
    rest, _err = process.communicate(timeout=PATIENCE)

    assert set(ready) == {'endpoint', 'caFile', 'apiKey', 'apiSecret', 'rootKey', 'rootSecret', 'control'}
    assert ready['endpoint'].startswith('https://127.0.0.1:') and ready['apiSecret'] == 'chosen'
    assert kea['status'] == 'running'
    assert version['product_version'].startswith('26.7')
    assert rest == ''


@both
@pytest.mark.parametrize('host', ['0.0.0.0', '::', '192.0.2.1', 'example.org'])
def test_refuses_to_listen_beyond_the_loopback(package, run_dir, host):
    process = start(package, run_dir, '--host', host)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert f'{host} is not a loopback address' in err
    assert out == ''
    assert not run_dir.exists()


@pytest.mark.parametrize('fixture', ['node', 'router'])
def test_listens_on_the_loopback_alone(request, fixture):
    port = request.getfixturevalue(fixture).address.port
    tables = [Path(f'/proc/net/{name}').read_text().splitlines()[1:] for name in ('tcp', 'tcp6')]
    entries = [line.split() for table in tables for line in table]
    listening = [entry[1] for entry in entries if entry[3] == '0A' and entry[1].endswith(f':{port:04X}')]
    assert listening == [f'0100007F:{port:04X}']


@pytest.mark.parametrize('fixture, name', [
    ('node', '127.0.0.1'), ('node', 'localhost'), ('node', 'hv02.dvntm.deevnet.net'),
    ('router', '127.0.0.1'), ('router', 'localhost'), ('router', 'core-rt02.dvntm.deevnet.net')])
def test_certificate_names_the_machine(request, fixture, name):
    node = request.getfixturevalue(fixture)
    tls = ssl.create_default_context(cafile=node.ready['caFile'])
    with socket.create_connection((node.address.hostname, node.address.port), timeout=PATIENCE) as plain:
        with tls.wrap_socket(plain, server_hostname=name) as secure:
            assert secure.version() in ('TLSv1.2', 'TLSv1.3')


@pytest.mark.parametrize('fixture', ['node', 'router'])
def test_run_dir_is_private_and_holds_no_key(request, fixture):
    node = request.getfixturevalue(fixture)
    folder = Path(node.ready['caFile']).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(entry.name for entry in folder.iterdir()) == ['ca.pem', 'control.sock']
    assert Path(node.ready['control']).stat().st_mode & 0o777 == 0o600
    assert 'PRIVATE' not in Path(node.ready['caFile']).read_text()


@both
@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_leaves_nothing_behind_when_stopped(package, run_dir, number):
    process = start(package, run_dir)
    process.stdout.readline()
    before = sorted(entry.name for entry in run_dir.iterdir())
    process.send_signal(number)
    _out, err = process.communicate(timeout=PATIENCE)
    assert before == ['ca.pem', 'control.sock']
    assert (process.returncode, err) == (0, '')
    assert not run_dir.exists()


@both
def test_empties_a_run_dir_that_was_there_before(package, run_dir):
    run_dir.mkdir()
    process = start(package, run_dir)
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert list(run_dir.iterdir()) == []


@both
def test_refuses_a_run_dir_with_something_in_it(package, run_dir):
    run_dir.mkdir()
    (run_dir / 'mine').write_text('kept')
    process = start(package, run_dir)
    _out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert 'is not empty' in err
    assert (run_dir / 'mine').read_text() == 'kept'


@both
def test_stops_when_its_parent_is_killed(package, run_dir):
    program = 'import subprocess, sys, time\n' \
              'p = subprocess.Popen([sys.executable, "-m", sys.argv[2], "--run-dir", sys.argv[1]])\n' \
              'print(p.pid, flush=True)\n' \
              'time.sleep(60)\n'
    parent = subprocess.Popen([sys.executable, '-c', program, str(run_dir), package], cwd=LAB, text=True,
                              stdout=subprocess.PIPE)
    node = int(parent.stdout.readline())
    assert parent.stdout.readline().startswith('{')
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not is_running(node))
    assert not run_dir.exists()


@pytest.mark.parametrize('package, variable', [('simnode', 'SIMNODE_TOKEN_SECRET'),
                                               ('simrouter', 'SIMROUTER_API_SECRET')])
def test_help_says_how_to_use_it(package, variable):
    done = subprocess.run([sys.executable, '-m', package, '--help'], cwd=LAB, text=True, capture_output=True)
    assert done.returncode == 0
    assert '--run-dir' in done.stdout and variable in done.stdout
