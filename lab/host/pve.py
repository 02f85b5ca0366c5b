#!/usr/bin/python3
"""Stand-ins for the PVE commands of a node that the baseline calls: pvesh, pveum, pvesm and pveversion.

They keep their state in one file and refuse what the real ones refuse, in their words (PVE::API2::Role, User, ACL,
Network and Storage::Config of PVE 8). What is not modelled fails, rather than answering that all is well.
"""

import argparse
import fcntl
import json
import os
import sys

STATE = '/etc/pve/state.json'
NODE = 'pve2'
VERSION = '8.4.1'
# Roles that PVE makes itself (PVE::AccessControl), and the privileges that a grant may name: of both versions, of 8.4 alone, of 9
# alone (pve-access-control 8.2.3 and 9.1.1, src/PVE/AccessControl.pm, $privgroups).
SPECIAL_ROLES = ('Administrator', 'NoAccess', 'PVEAdmin', 'PVEAuditor', 'PVEVMAdmin', 'PVEVMUser')
PRIVILEGES = frozenset(
    'Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit Group.Allocate Mapping.Audit '
    'Mapping.Modify Mapping.Use Permissions.Modify Pool.Allocate Pool.Audit Realm.Allocate Realm.AllocateUser '
    'SDN.Allocate SDN.Audit SDN.Use Sys.AccessNetwork Sys.Audit Sys.Console Sys.Incoming Sys.Modify Sys.PowerMgmt '
    'Sys.Syslog User.Modify VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit '
    'VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console VM.Migrate '
    'VM.PowerMgmt VM.Snapshot VM.Snapshot.Rollback'.split())
PRIVILEGES_8 = frozenset({'VM.Monitor'})
PRIVILEGES_9 = frozenset(
    'VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite '
    'VM.GuestAgent.Unrestricted VM.Replicate'.split())
BRIDGE = {'type': 'bridge', 'method': 'static', 'cidr': '10.20.99.22/24', 'gateway': '10.20.99.1',
          'bridge_ports': 'eno1', 'bridge_stp': 'off', 'bridge_fd': '0', 'autostart': 1, 'active': 1}
FRESH = {
    'version': VERSION, 'roles': {}, 'acl': [], 'reloads': 0, 'network': {'vmbr0': BRIDGE},
    'users': {'root@pam': {'tokens': []}, 'deevnet@pve': {'tokens': ['pulumi']}},
    'storages': {'local': {'type': 'dir', 'path': '/var/lib/vz', 'content': 'backup,iso,vztmpl'},
                 'local-lvm': {'type': 'lvmthin', 'vgname': 'pve', 'thinpool': 'data', 'content': 'images,rootdir'}},
}
KIB = {'local': 98497780, 'local-lvm': 943718400}


class Refused(Exception):
    """A command that PVE refuses, in its words."""


class State(dict):
    """The node's state for the time of one command, under a lock as pmxcfs has one."""

    def __enter__(self):
        os.makedirs(os.path.dirname(STATE), exist_ok=True)
        self.lock = os.open(os.path.dirname(STATE), os.O_RDONLY)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.update(FRESH)
        if os.path.exists(STATE):
            with open(STATE, encoding='utf-8') as file:
                self.update(json.load(file))
        self.before = json.dumps(self)
        return self

    def __exit__(self, failed, *_):
        if failed is None and json.dumps(self) != self.before:
            with open(STATE + '.new', 'w', encoding='utf-8') as file:
                json.dump(self, file, indent=1, sort_keys=True)
            os.replace(STATE + '.new', STATE)
        os.close(self.lock)


def options(names, args):
    """The options of a command by name; an unknown one is refused as PVE::JSONSchema's get_options does."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in names:
        parser.add_argument('-' + name, '--' + name, dest=name)
    known, rest = parser.parse_known_args(args)
    unknown = [arg for arg in rest if arg.startswith('-')]
    if unknown:
        raise Refused(f'Unknown option: {unknown[0].lstrip("-")}\n400 unable to parse option')
    return {key: value for key, value in vars(known).items() if value is not None}, rest


def words(text):
    return text.replace(',', ' ').replace(';', ' ').split()


def known(state):
    """The privileges of the node's version."""
    return PRIVILEGES | (PRIVILEGES_8 if int(state['version'].split('.')[0]) < 9 else PRIVILEGES_9)


def role(state, verb, args):
    given, (name,) = options(('privs', 'append'), args)
    privileges = words(given.get('privs', ''))
    if name in SPECIAL_ROLES:
        raise Refused(f"auto-generated role '{name}' cannot be modified")
    for privilege in privileges:
        if privilege not in known(state):
            raise Refused(f"invalid privilege '{privilege}'")
    if verb == 'add' and name in state['roles']:
        raise Refused(f"role '{name}' already exists")
    if verb == 'modify' and name not in state['roles']:
        raise Refused(f"role '{name}' does not exist")
    had = [one for one in state['roles'].get(name, []) if one in known(state)] if given.get('append') == '1' else []
    state['roles'] = {**state['roles'], name: sorted({*had, *privileges})}


def user(state, verb, args):
    if verb == 'token':
        return token(state, *args)
    _, (name,) = options(('comment',), args)
    if verb != 'add':
        raise Refused(f"ERROR: unknown command 'pveum user {verb}'")
    if not name.endswith(('@pve', '@pam')):
        raise Refused(f"create user failed: domain '{name.partition('@')[2]}' does not exist")
    if name in state['users']:
        raise Refused(f"create user failed: user '{name}' already exists")
    state['users'] = {**state['users'], name: {'tokens': []}}


def token(state, verb, *args):
    """PVE::API2::User, generate_token."""
    given, (name, tokenid) = options(('privsep',), args)
    if verb != 'add' or given.get('privsep', '1') != '1':
        raise Refused(f"ERROR: not modelled: 'pveum user token {verb}'")
    if name not in state['users']:
        raise Refused(f"user '{name}' does not exist")
    tokens = state['users'][name]['tokens']
    if tokenid in tokens:
        raise Refused('400 Parameter verification failed.\ntokenid: Token already exists.')
    state['users'] = {**state['users'], name: {'tokens': [*tokens, tokenid]}}
    print(f'full-tokenid {name}!{tokenid}')


def acl(state, verb, args):
    given, (path,) = options(('roles', 'users', 'tokens', 'propagate'), args)
    if verb != 'modify':
        raise Refused(f"ERROR: unknown command 'pveum acl {verb}'")
    entries = list(state['acl'])
    for name in words(given['roles']):
        if name not in state['roles'] and name not in SPECIAL_ROLES:
            raise Refused(f"ACL update failed: role '{name}' does not exist")
        for kind in ('user', 'token'):
            for ugid in words(given.get(kind + 's', '')):
                holds(state, kind, ugid)
                entry = {'path': path, 'roleid': name, 'type': kind, 'ugid': ugid,
                         'propagate': int(given.get('propagate', 1))}
                if entry not in entries:
                    entries.append(entry)
    state['acl'] = entries


def holds(state, kind, ugid):
    name, _, token = ugid.partition('!')
    if name not in state['users']:
        raise Refused(f"ACL update failed: user '{name}' does not exist")
    if kind == 'token' and token not in state['users'][name]['tokens']:
        raise Refused(f"ACL update failed: no such token '{token}' for user '{name}'")


def pveum(state, args):
    {'role': role, 'user': user, 'acl': acl}[args[0]](state, args[1], args[2:])


def pvesm(state, args):
    if args[0] == 'status':
        given, _ = options(('storage',), args[1:])
        wanted = given.get('storage')
        if wanted is not None and wanted not in state['storages']:
            raise Refused(f"storage '{wanted}' does not exist")
        print('Name             Type     Status           Total            Used       Available        %')
        for name, storage in sorted(state['storages'].items()):
            if wanted in (None, name):
                total = KIB.get(name, 1048576)
                print(f'{name:<12} {storage["type"]:>8} {storage.get("status", "active"):>10} {total:>15} 0 {total} 0.00%')
        return
    if args[0] != 'add':
        raise Refused(f"ERROR: unknown command 'pvesm {args[0]}'")
    given, (kind, name) = options(('vgname', 'thinpool', 'path', 'content'), args[1:])
    if kind not in ('dir', 'lvm', 'lvmthin'):
        raise Refused(f"400 Parameter verification failed.\ntype: value '{kind}' does not have a value in the enumeration")
    needed = {'dir': ('path',), 'lvm': ('vgname',), 'lvmthin': ('vgname', 'thinpool')}[kind]
    for key in needed:
        if key not in given:
            raise Refused(f"create storage failed: missing value for required option '{key}'")
    if name in state['storages']:
        raise Refused(f"create storage failed: storage ID '{name}' already defined")
    state['storages'] = {**state['storages'], name: {'type': kind, **given}}


def interface(state, verb, name, args):
    if verb == 'get':
        if name not in state['network']:
            raise Refused('interface does not exist')
        return state['network'][name]
    given, _ = options(('type', 'cidr', 'gateway', 'bridge_ports', 'bridge_vlan_aware', 'bridge_vids', 'autostart',
                        'comments'), args)
    if 'type' not in given:
        raise Refused('400 Parameter verification failed.\ntype: property is missing and it is not optional')
    if name not in state['network']:
        raise Refused('interface does not exist')
    # What is sent replaces what was there, all of it: an address that is left out is gone.
    method = 'static' if 'cidr' in given else 'manual'
    replaced = {**given, 'method': method, 'bridge_stp': 'off', 'bridge_fd': '0', 'active': 1}
    for key in ('autostart', 'bridge_vlan_aware'):
        if key in replaced:
            replaced[key] = int(replaced[key])
    state['network'] = {**state['network'], name: replaced}
    return None


def reload_network(state):
    """What ifreload does: bridges filter VLANs from now on where they are declared to."""
    for name, declared in state['network'].items():
        with open(f'/sys/class/net/{name}/bridge/vlan_filtering', 'w', encoding='utf-8') as file:
            file.write(f'{declared.get("bridge_vlan_aware", 0)}\n')
    state['reloads'] += 1


def listed(state, path):
    if path == '/access/roles':
        # What is no privilege of this version any more is left out without a word (AccessControl.pm:1507, parse_user_config).
        return [{'roleid': name, 'privs': ','.join(one for one in privs if one in known(state)), 'special': 0}
                for name, privs in state['roles'].items()]
    if path == '/access/users':
        return [{'userid': name, 'enable': 1} for name in state['users']]
    if path == '/access/acl':
        return state['acl']
    if path == '/storage':
        return [{'storage': name, **storage} for name, storage in state['storages'].items()]
    parts = path.split('/')
    if parts[1:3] == ['access', 'users'] and parts[4:] == ['token']:
        if parts[3] not in state['users']:
            raise Refused(f"user '{parts[3]}' does not exist")
        return [{'tokenid': token, 'privsep': 1} for token in state['users'][parts[3]]['tokens']]
    raise Refused(f"No 'get' handler defined for '{path}'")


def pvesh(state, args):
    verb, path, *rest = args
    rest = [arg for arg in rest if arg not in ('--output-format', 'json')]
    network = f'/nodes/{NODE}/network'
    if path.startswith(network + '/') and verb in ('get', 'set'):
        found = interface(state, verb, path[len(network) + 1:], rest)
    elif path == network and verb == 'set':
        found = reload_network(state)
    elif verb == 'get':
        found = listed(state, path)
    else:
        raise Refused(f"No '{verb}' handler defined for '{path}'")
    if found is not None:
        print(json.dumps(found))


def pveversion(state, args):
    print(f'pve-manager/{state["version"]}/2a5fa54a8503f96d (running kernel: 6.8.12-10-pve)')


def main():
    command = {'pvesh': pvesh, 'pveum': pveum, 'pvesm': pvesm, 'pveversion': pveversion}[os.path.basename(sys.argv[0])]
    try:
        with State() as state:
            command(state, sys.argv[1:])
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2 if command is pvesh else 255
    return 0


if __name__ == '__main__':
    sys.exit(main())
