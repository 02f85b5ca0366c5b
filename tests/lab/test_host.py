"""The stand-ins of the lab host keep state and refuse what PVE's own commands refuse."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / 'lab' / 'host' / 'pve.py'
VMBR0 = '/nodes/pve2/network/vmbr0'


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command as a shell on the host would: its exit code, and what it says on each stream."""
    spec = importlib.util.spec_from_file_location('pve_standin', SOURCE)
    pve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pve)
    monkeypatch.setattr(pve, 'STATE', str(tmp_path / 'pve' / 'state.json'))

    def call(*words):
        monkeypatch.setattr(sys, 'argv', [f'/usr/bin/{words[0]}', *words[1:]])
        code = pve.main()
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return call


def test_what_is_made_is_there_and_made_once(run):
    assert run('pveum', 'role', 'add', 'Own', '--privs', 'VM.Audit')[0] == 0
    assert run('pveum', 'role', 'modify', 'Own', '--privs', 'VM.Clone', '--append', '1')[0] == 0
    roles = json.loads(run('pvesh', 'get', '/access/roles', '--output-format', 'json')[1])
    assert roles == [{'roleid': 'Own', 'privs': 'VM.Audit,VM.Clone', 'special': 0}]
    assert run('pveum', 'role', 'add', 'Own') == (255, '', "role 'Own' already exists")


def test_roles_are_of_the_versions_privileges_and_lose_the_others_by_an_upgrade(run, tmp_path):
    """pve-access-control 8.2.3 and 9.1.1, src/PVE/AccessControl.pm:1507 of the latter."""
    audit = ('pveum', 'role', 'add', 'Agent', '--privs', 'VM.GuestAgent.Audit')
    assert run(*audit)[2] == "invalid privilege 'VM.GuestAgent.Audit'"
    assert run('pveum', 'role', 'add', 'Agent', '--privs', 'VM.Monitor')[0] == 0
    state = tmp_path / 'pve' / 'state.json'
    state.write_text(json.dumps({**json.loads(state.read_text()), 'version': '9.2.11'}))
    roles = lambda: json.loads(run('pvesh', 'get', '/access/roles')[1])
    assert roles() == [{'roleid': 'Agent', 'privs': '', 'special': 0}]
    modify = ('pveum', 'role', 'modify', 'Agent', '--append', '1', '--privs')
    assert run(*modify, 'VM.Monitor')[2] == "invalid privilege 'VM.Monitor'"
    assert run(*modify, 'VM.GuestAgent.Audit')[0] == 0
    assert roles() == [{'roleid': 'Agent', 'privs': 'VM.GuestAgent.Audit', 'special': 0}]


@pytest.mark.parametrize(('words', 'said'), [
    (('pveum', 'role', 'add', 'Own', '--privs', 'VM.Fly'), "invalid privilege 'VM.Fly'"),
    (('pveum', 'role', 'modify', 'Own', '--privs', 'VM.Audit'), "role 'Own' does not exist"),
    (('pveum', 'role', 'modify', 'PVEAdmin', '--privs', 'VM.Audit'), "auto-generated role 'PVEAdmin' cannot be modified"),
    (('pveum', 'user', 'add', 'deevnet@pve'), "create user failed: user 'deevnet@pve' already exists"),
    (('pveum', 'user', 'add', 'a@b'), "create user failed: domain 'b' does not exist"),
    (('pveum', 'acl', 'modify', '/', '--roles', 'Own', '--users', 'deevnet@pve'),
     "ACL update failed: role 'Own' does not exist"),
    (('pveum', 'acl', 'modify', '/', '--roles', 'PVEAdmin', '--tokens', 'deevnet@pve!other'),
     "ACL update failed: no such token 'other' for user 'deevnet@pve'"),
    (('pveum', 'user', 'token', 'add', 'deevnet@pve', 'pulumi', '--privsep', '1'),
     '400 Parameter verification failed.\ntokenid: Token already exists.'),
    (('pveum', 'user', 'token', 'add', 'none@pve', 'own'), "user 'none@pve' does not exist"),
    (('pvesm', 'add', 'dir', 'local', '--path', '/srv'), "create storage failed: storage ID 'local' already defined"),
    (('pvesm', 'add', 'lvmthin', 'fast', '--vgname', 'pve'),
     "create storage failed: missing value for required option 'thinpool'"),
    (('pvesm', 'status', '--storage', 'none'), "storage 'none' does not exist"),
    (('pvesh', 'get', '/nodes/pve2/network/vmbr9'), 'interface does not exist'),
    (('pvesh', 'get', '/unknown'), "No 'get' handler defined for '/unknown'"),
])
def test_refusals_are_those_of_pve(run, words, said):
    code, out, err = run(*words)
    assert (code != 0, out, err) == (True, '', said)


def test_a_set_interface_is_what_was_sent_and_no_more(run):
    assert run('pvesh', 'set', VMBR0, '--bridge_vlan_aware', '1')[2].startswith('400 Parameter verification failed.')
    assert json.loads(run('pvesh', 'get', VMBR0)[1])['cidr'] == '10.20.99.22/24'
    assert run('pvesh', 'set', VMBR0, '--type', 'bridge', '--bridge_vlan_aware', '1')[0] == 0
    bridge = json.loads(run('pvesh', 'get', VMBR0)[1])
    assert (bridge['bridge_vlan_aware'], bridge.get('cidr')) == (1, None)
