"""What a machine keeps for its next start, in the folder that --keep names."""

import json
import signal
from pathlib import Path

import pytest
from machine import PATIENCE, start
from node_client import Client


def end(process, number: int = signal.SIGTERM) -> None:
    process.send_signal(number)
    _out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, '')


@pytest.mark.parametrize('package', ['simnode', 'simrouter'])
def test_secrets_and_certificate_stay_its_owners_alone(package, tmp_path):
    keep = tmp_path / 'kept'
    told = []
    for at in range(2):
        process = start(package, tmp_path / f'run{at}', '--keep', str(keep))
        ready = json.loads(process.stdout.readline())
        told.append({**ready, 'caFile': Path(ready['caFile']).read_text(), 'endpoint': '', 'control': ''})
        end(process)
    assert told[0] == told[1]
    assert keep.stat().st_mode & 0o777 == 0o700
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in keep.iterdir() if entry.suffix != '.crt'}
    assert len(modes) == 3 and set(modes.values()) == {0o600}


def test_state_stays_and_control_without_keep_it_does_not(tmp_path):
    found = []
    for at, options in enumerate([('--keep', str(tmp_path / 'kept'))] * 2 + [()]):
        process = start('simnode', tmp_path / f'run{at}', *options)
        client = Client(json.loads(process.stdout.readline()))
        found.append('110' in client.control('GET', '/state')['vms'])
        if at == 0:
            whole = client.control('GET', '/state/whole')
            whole['vms'] = [vm for vm in whole['vms'] if vm['vmid'] != 110]
            for pool in whole['pools'].values():
                pool['vmids'] = [vmid for vmid in pool['vmids'] if vmid != 110]
            client.control('PUT', '/state', whole)
        end(process, signal.SIGINT)
    assert found == [True, False, True]


def test_a_state_that_no_machine_can_have_is_told_with_its_file(tmp_path):
    keep = tmp_path / 'kept'
    keep.mkdir()
    (keep / 'state.json').write_text('{"vms": []}')
    process = start('simnode', tmp_path / 'run', '--keep', str(keep))
    _out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err.startswith(f'simnode: {keep}/state.json: ') and 'Traceback' not in err
