"""Machines that start from a site of their own."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from machine import PATIENCE, start
from node_client import Client
from router_client import Router

NODE = {'node': 'pve', 'host': 'pve.home.lab.internal', 'address': '192.168.1.22/25', 'gateway': '192.168.1.1',
        'templates': ['debian-server-44-1.9'], 'other_vlan': 0}
ROUTER: dict[str, Any] = {
    'hostname': 'opnsense', 'domain': 'home.lab.internal', 'parent': 'igb1',
    'segments': [{'name': 'lan', 'vlan': 0, 'address': '192.168.1.1/25', 'pool': ['192.168.1.100', '192.168.1.120'],
                  'reaches': ['nas', 'internet']},
                 {'name': 'nas', 'vlan': 20, 'address': '192.168.20.1/28', 'reaches': []},
                 {'name': 'workshop', 'vlan': 0, 'address': '192.168.2.1/24', 'reaches': []}],
    'tenants': {'100': '192.168.100.1/28'}, 'names': [{'hostname': 'opnsense', 'address': '192.168.1.1'}]}


def started(package: str, folder: Path, site: Any, *options: str) -> tuple[subprocess.Popen[str], str]:
    file = folder / 'site.json'
    file.write_text(site if isinstance(site, str) else json.dumps(site))
    process = start(package, folder / 'run', '--site', str(file), *options)
    return process, process.stdout.readline()


def ended(process: subprocess.Popen[str]) -> str:
    process.terminate()
    _out, err = process.communicate(timeout=PATIENCE)
    return err


def test_a_node_has_the_name_address_and_templates_of_its_site(tmp_path: Path) -> None:
    process, line = started('simnode', tmp_path, NODE)
    node = Client(json.loads(line))
    assert node.ready['node'] == 'pve'
    bridge = node.as_root().call('GET', '/nodes/pve/network/vmbr0')
    assert (bridge['cidr'], bridge['gateway'], bridge['netmask']) == ('192.168.1.22/25', '192.168.1.1', '25')
    guests = {guest['vmid']: guest['name'] for guest in node.as_root().call('GET', '/cluster/resources?type=vm')}
    assert guests == {100: 'debian-server-44-1.9', 110: 'homeassistant'}
    assert 'tag=' not in node.as_root().call('GET', '/nodes/pve/qemu/110/config')['net0']
    assert ended(process) == ''


def test_a_router_has_the_segments_scopes_and_names_of_its_site(tmp_path: Path) -> None:
    process, line = started('simrouter', tmp_path, ROUTER)
    router = Router(json.loads(line))
    state = router.control('GET', '/state')
    assert {name: (one['device'], one['addr4']) for name, one in state['interfaces'].items()} == {
        'lan': ('igb1', '192.168.1.1/25'), 'wan': ('re1', '192.0.2.2/24'), 'opt1': ('vlan0.20', '192.168.20.1/28'),
        'opt2': ('nic2', '192.168.2.1/24'), 'opt3': ('vlan0.100', '192.168.100.1/28')}
    assert {(one['if'], one['tag']) for one in state['saved']['vlan'].values()} == {('igb1', '20'), ('igb1', '100')}
    [scope] = state['saved']['subnet4'].values()
    assert (scope['subnet'], scope['pools']) == ('192.168.1.0/25', '192.168.1.100 - 192.168.1.120')
    rules = [(one['interface'], one['destination_net'], one['description']) for one in state['saved']['rule'].values()]
    assert ('lan', '192.168.20.0/28', 'ansible: lan to nas') in rules
    assert [(one['name'], one['address']) for one in router.control('GET', '/names')][:1] == [
        ('opnsense.home.lab.internal', '192.168.1.1')]
    assert ended(process) == ''


def test_unassigned_a_router_has_no_vlans_of_tenants(tmp_path: Path) -> None:
    process, line = started('simrouter', tmp_path, ROUTER, '--unassigned')
    state = Router(json.loads(line)).control('GET', '/state')
    assert [one['tag'] for one in state['saved']['vlan'].values()] == ['20']
    assert ended(process) == ''


@pytest.mark.parametrize('package', ['simnode', 'simrouter'])
@pytest.mark.parametrize('site', ['{', '[]', '{}', {**NODE, **ROUTER, 'address': 'here', 'segments': [{'name': 'lan'}]}])
def test_what_is_no_site_is_told_and_nothing_starts(package: str, site: Any, tmp_path: Path) -> None:
    process, line = started(package, tmp_path, site)
    _out, err = process.communicate(timeout=PATIENCE)
    assert (line, process.returncode) == ('', 1)
    assert err.startswith(f'{package}: {tmp_path}/site.json is no site: ')
