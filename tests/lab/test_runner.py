"""The runner that a host gets: of the secret variables nothing is in what it prints."""

import importlib.util
import io
import json
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / 'host/ansible/runner.py'
KEY = '-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END KEY-----'
SECRETS = {'password': 'hunter"2\\x', 'nested': {'pins': [493817, 'q7Lw']}, 'key': KEY}


@pytest.fixture
def runner(monkeypatch, tmp_path):
    """The module, with folders of the test's own; Ansible's part is a test's to give."""
    spec = importlib.util.spec_from_file_location('runner', RUNNER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, 'BASE', str(tmp_path))
    monkeypatch.setattr(module, 'RUN', str(tmp_path))
    return module


def wanted(**more):
    """Input as the program gives it."""
    return {'host': 'hv02', 'variables': {**SECRETS, 'open': 'all may read it'}, 'secret': list(SECRETS),
            'playbooks': [{'name': 'baseline.yml'}], 'check': True, **more}


def run(runner, monkeypatch, given, play):
    """Runs the runner with an answer of Ansible's, and gives back its exit code."""
    monkeypatch.setattr(sys, 'stdin', io.StringIO(json.dumps(given)))
    monkeypatch.setattr(runner, 'play', play)
    return runner.main()


TOLD = f'--- before\n+++ after\n+password = hunter"2\\x\n+pin 493817 {json.dumps(SECRETS)} q7Lw\n+  {KEY}\n+all may read it'


def test_a_difference_is_told_without_secrets(runner, monkeypatch, capsys):
    told = {'changes': [{'task': 'write hunter"2\\x', 'diff': TOLD}], 'stats': {}}
    assert run(runner, monkeypatch, wanted(), lambda *_: told) == 2
    [change] = json.loads(capsys.readouterr().out)['changes']
    assert change['task'] == 'write [secret]'
    for part in ('hunter', '493817', 'q7Lw', 'b3BlbnNzaC1rZXktdjE'):
        assert part not in change['diff']
    assert '+password = [secret]\n' in change['diff']
    assert change['diff'].endswith('+all may read it')


def test_a_failure_is_told_without_secrets(runner, monkeypatch):
    def play(*_):
        raise runner.Failed(TOLD)
    with pytest.raises(runner.Failed) as failed:
        run(runner, monkeypatch, wanted(), play)
    assert 'hunter' not in str(failed.value) and 'all may read it' in str(failed.value)


def test_a_long_difference_is_cut_after_it_is_masked(runner, monkeypatch, capsys):
    diff = 'x' * (runner.LONGEST - 4) + 'hunter"2\\x'
    run(runner, monkeypatch, wanted(), lambda *_: {'changes': [{'task': 'a', 'diff': diff}], 'stats': {}})
    [change] = json.loads(capsys.readouterr().out)['changes']
    assert change['diff'] == 'x' * (runner.LONGEST - 4) + '[sec'


def test_control_what_nobody_declared_a_secret_is_told(runner, monkeypatch, capsys):
    given = wanted()
    del given['secret']
    run(runner, monkeypatch, given, lambda *_: {'changes': [{'task': 'a', 'diff': TOLD}], 'stats': {}})
    assert 'hunter' in capsys.readouterr().out


def plays(again):
    """Ansible's answers: both playbooks run, then the first one is checked."""
    def play(_folder, _environment, given, playbook):
        own = playbook['name'] == 'baseline.yml'
        if given.get('check'):
            assert own
            return {'changes': again, 'stats': {}}
        return {'changes': [{'task': 'names' if own else 'site names', 'diff': '', 'paths': ['/etc/hosts']}], 'stats': {}}
    return play


TWO = {'playbooks': [{'name': 'baseline.yml'}, {'name': 'lab.demo.site'}], 'check': False}


def test_a_task_that_another_playbook_undid_is_named_with_both(runner, monkeypatch):
    again = [{'task': 'names', 'diff': '', 'paths': ['/etc/hosts']}, {'task': 'network', 'diff': '', 'paths': []}]
    with pytest.raises(runner.Failed) as failed:
        run(runner, monkeypatch, wanted(**TWO), plays(again))
    lines = str(failed.value).splitlines()
    assert lines[:2] == ['"names" of baseline.yml was undone by "site names" of lab.demo.site',
                         '"network" of baseline.yml was undone by a task of lab.demo.site']
    assert 'baseline.own' in lines[2]


def test_control_what_stays_as_it_was_made_is_no_dispute(runner, monkeypatch, capsys):
    assert run(runner, monkeypatch, wanted(**TWO), plays([])) == 0
    assert json.loads(capsys.readouterr().out)['playbooks'] == ['baseline.yml', 'lab.demo.site']


def test_the_sites_inventory_counts_for_this_host_alone_and_never_says_how_to_reach_it(runner, monkeypatch, tmp_path):
    payload = tmp_path / 'payload'
    (payload / 'inventory').mkdir(parents=True)
    monkeypatch.setattr(runner, 'PAYLOAD', str(payload))
    told = {}

    class Played:
        """A process of ansible-playbook that did something for the host."""

        returncode = 0

        def __init__(self, command, env, **_):
            told['command'] = command
            Path(env['DEEVNET_RESULTS']).write_text(json.dumps({'changes': [], 'stats': {'hv02': {
                'ok': 1, 'failures': 0, 'unreachable': 0}}}))
            told['variables'] = json.loads(Path(command[command.index('-e') + 1][1:]).read_text())

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def communicate(self):
            return '', None

        def poll(self):
            return 0

    monkeypatch.setattr(runner.subprocess, 'Popen', Played)
    monkeypatch.setattr(runner, 'watch_connection', lambda _: None)
    monkeypatch.setattr(sys, 'stdin', io.StringIO(json.dumps(wanted())))
    runner.main()
    command = told['command'][told['command'].index('ansible-playbook'):]
    assert command[1:5] == ['-i', str(payload / 'inventory'), '--limit', 'hv02'] and command[5] == '-i'
    assert told['variables']['ansible_connection'] == 'local'
    (payload / 'inventory').rmdir()
    monkeypatch.setattr(sys, 'stdin', io.StringIO(json.dumps(wanted())))
    runner.main()
    assert '--limit' not in told['command']
