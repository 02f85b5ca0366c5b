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
from node_client import LAB, Client, start


def wait_until(condition, seconds: float = 10) -> bool:
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
    process = start(run_dir, SIMNODE_TOKEN_SECRET='chosen')
    ready = json.loads(process.stdout.readline())
    version = Client(ready).call('GET', '/version')
    process.terminate()
    rest, _err = process.communicate(timeout=10)

    assert set(ready) == {'endpoint', 'caFile', 'apiToken', 'rootPassword', 'node', 'control'}
    assert ready['endpoint'].startswith('https://127.0.0.1:') and ready['node'] == 'pve2'
    assert ready['apiToken'] == 'deevnet@pve!pulumi=chosen'
    assert version['version'] == '8.4.1'
    assert rest == ''


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '192.0.2.1', 'example.org'])
def test_refuses_to_listen_beyond_the_loopback(run_dir, host):
    process = start(run_dir, '--host', host)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 2
    assert f'{host} is not a loopback address' in err
    assert out == ''
    assert not run_dir.exists()


def test_listens_on_the_loopback_alone(node):
    port = node.address.port
    tables = [Path(f'/proc/net/{name}').read_text().splitlines()[1:] for name in ('tcp', 'tcp6')]
    entries = [line.split() for table in tables for line in table]
    listening = [entry[1] for entry in entries if entry[3] == '0A' and entry[1].endswith(f':{port:04X}')]
    assert listening == [f'0100007F:{port:04X}']


@pytest.mark.parametrize('name', ['127.0.0.1', 'localhost', 'hv02.dvntm.deevnet.net'])
def test_certificate_names_the_node(node, name):
    tls = ssl.create_default_context(cafile=node.ready['caFile'])
    with socket.create_connection((node.address.hostname, node.address.port), timeout=5) as plain:
        with tls.wrap_socket(plain, server_hostname=name) as secure:
            assert secure.version() in ('TLSv1.2', 'TLSv1.3')


def test_run_dir_is_private_and_holds_no_key(node):
    folder = Path(node.ready['caFile']).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(entry.name for entry in folder.iterdir()) == ['ca.pem', 'control.sock']
    assert Path(node.ready['control']).stat().st_mode & 0o777 == 0o600
    assert 'PRIVATE' not in Path(node.ready['caFile']).read_text()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_leaves_nothing_behind_when_stopped(run_dir, number):
    process = start(run_dir)
    process.stdout.readline()
    before = sorted(entry.name for entry in run_dir.iterdir())
    process.send_signal(number)
    _out, err = process.communicate(timeout=10)
    assert before == ['ca.pem', 'control.sock']
    assert (process.returncode, err) == (0, '')
    assert not run_dir.exists()


def test_empties_a_run_dir_that_was_there_before(run_dir):
    run_dir.mkdir()
    process = start(run_dir)
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=10)
    assert list(run_dir.iterdir()) == []


def test_refuses_a_run_dir_with_something_in_it(run_dir):
    run_dir.mkdir()
    (run_dir / 'mine').write_text('kept')
    process = start(run_dir)
    _out, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert 'is not empty' in err
    assert (run_dir / 'mine').read_text() == 'kept'


def test_stops_when_its_parent_is_killed(run_dir):
    program = 'import subprocess, sys, time\n' \
              'p = subprocess.Popen([sys.executable, "-m", "simnode", "--run-dir", sys.argv[1]])\n' \
              'print(p.pid, flush=True)\n' \
              'time.sleep(60)\n'
    parent = subprocess.Popen([sys.executable, '-c', program, str(run_dir)], cwd=LAB, text=True,
                              stdout=subprocess.PIPE)
    node = int(parent.stdout.readline())
    assert parent.stdout.readline().startswith('{')
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not is_running(node))
    assert not run_dir.exists()


def test_help_says_how_to_use_it():
    done = subprocess.run([sys.executable, '-m', 'simnode', '--help'], cwd=LAB, text=True, capture_output=True)
    assert done.returncode == 0
    assert '--run-dir' in done.stdout and 'SIMNODE_TOKEN_SECRET' in done.stdout
