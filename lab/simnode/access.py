"""Who may do what: users, privilege-separated API tokens, and the privileges of the node's version."""

import json
from pathlib import Path
from typing import Any

from fakepve.model import PveError

from .versions import Version

# What the program asks for on a node, by its version, which `tenants role` prints and a run checks: role by role, with its path.
ROLE: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / 'substrate' / 'grants.json').read_text())
USER = ROLE['user']
TOKEN = f'{USER}!{ROLE["token"]}'
# Where the node's VMs have their disks and NICs.
PLACE = {'datastore': 'local-lvm', 'bridge': 'vmbr0'}
# Paths that GET /access/permissions always tells (PVE::RPCEnvironment::get_effective_permissions).
TOP_PATHS = ('/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms')
# Zone of every bridge that is no SDN vnet (PVE::GuestHelpers::check_vnet_access).
LOCAL_ZONE = 'localnetwork'


class Access:
    """Mixin of the node: permissions as PVE::RPCEnvironment checks them."""

    pve: Version

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # (userid, path) of grants that do not hold below their path.
        self.not_below: set[tuple[str, str]] = set()
        # Privileges that nobody but root holds, whatever was granted.
        self.withheld: frozenset[str] = frozenset()
        self.grant_role()

    def grant_role(self) -> None:
        """Gives the program's user and token what its roles say, but for what only some definitions ask for."""
        self.grant_only([{'path': grant['path'].format(**PLACE), 'privileges': list(grant['privileges']),
                          'propagate': grant.get('propagate', True), 'userids': [USER, TOKEN]}
                         for grant in self.pve.grants(ROLE['grants']) if 'when' not in grant])

    def forget_privileges(self) -> None:
        """Takes out of every role what is no privilege of this version, as PVE does without a word when it reads them
        (src/PVE/AccessControl.pm:1507 of pve-access-control 9.1.1, parse_user_config)."""
        if self.acl is not None:
            self.acl = {user: [(path, privs & self.pve.privileges) for path, privs in granted]
                        for user, granted in self.acl.items()}

    def grant_only(self, grants: list[dict[str, Any]]) -> None:
        """Replaces all that was granted: path, privileges, userids and whether it holds below (propagate)."""
        self.acl = {}
        self.not_below = set()
        for grant in grants:
            for userid in grant['userids']:
                self.grant(userid, grant['path'], *grant['privileges'])
                if not grant['propagate']:
                    self.not_below.add((userid, grant['path']))

    def allowed(self, user: str, path: str, priv: str) -> bool:
        """A token separated from its user holds what both hold (PVE::RPCEnvironment::permissions)."""
        return self._holds(user, path, priv) is not None

    def _holds(self, user: str, path: str, priv: str) -> int | None:
        """Whether the user or token effectively holds the privilege: 1 below the path, too, 0 there alone, else None."""
        owner, bang, _token = user.partition('!')
        if user == 'root@pam' or self.acl is None:
            return 1
        held = [self._granted(userid, path, priv) for userid in ([owner] if owner != 'root@pam' else [])
                + ([user] if bang else [])]
        return None if None in held else min(held)

    def _granted(self, userid: str, path: str, priv: str) -> int | None:
        """Grants of the user or token itself, whatever its owner holds; by the path, or by a pool of it, which never
        reaches below (PVE/RPCEnvironment.pm:75 of pve-access-control 8.2.3)."""
        if priv in self.withheld:
            return None
        own, *pools = [self._by_path(userid, one, priv) for one in self._paths_of(path)]
        return own if own is not None else min((0 for held in pools if held is not None), default=None)

    def _by_path(self, userid: str, path: str, priv: str) -> int | None:
        """Entries on a deeper path replace those above it (PVE::AccessControl::roles)."""
        deepest = 0
        held: int | None = None
        for granted, privs in self.acl.get(userid, ()):
            below = (userid, granted) not in self.not_below
            if len(granted) < deepest or not (granted == path or below and _covers(granted, path)):
                continue
            if len(granted) > deepest:
                deepest, held = len(granted), None
            if priv in privs:
                held = max(held or 0, int(below))
        return held

    def _paths_of(self, path: str) -> list[str]:
        """The path, and the pools through which a guest or a storage gets privileges too."""
        kind, _, name = path[1:].partition('/')
        if kind == 'vms' and name.isdigit():
            return [path] + [f'/pool/{pool}' for pool, ids in self.pools.items() if int(name) in ids]
        if kind == 'storage' and name:
            return [path] + [f'/pool/{pool}' for pool, meta in self.pool_info.items() if name in meta['storage']]
        return [path]

    def check_permissions(self, user: Any, perms: Any, values: Any, declared: Any = None) -> None:
        super().check_permissions(user, self.pve.rule(perms), values, declared)

    def require_any(self, user: str, path: str, *privs: str) -> None:
        """Raises PVE's 403 unless the user holds one of the privileges on the path."""
        if not any(self.allowed(user, path, priv) for priv in privs):
            raise PveError(403, f'Permission check failed ({path}, {"|".join(privs)})')

    def require_cpu_type(self, user: str, name: str) -> None:
        """Raises PVE's 403 for a CPU type of the node's own that the caller may not give to a VM."""
        if self.pve.cpu_mapping:
            self.require(user, f'/mapping/cpu/{name}', 'Mapping.Use')
        else:
            self.require(user, '/nodes', 'Sys.Audit')

    def require_bridge(self, user: str, net: dict[str, str]) -> None:
        """SDN.Use on a NIC's bridge, or on its VLANs there (PVE::GuestHelpers::check_vnet_access, PVE 8)."""
        if not net.get('bridge'):
            return
        path = f'/sdn/zones/{LOCAL_ZONE}/{net["bridge"]}'
        tags = [tag for tag in [net.get('tag', ''), *_trunk_tags(net.get('trunks', ''))] if tag]
        for tagged in [f'{path}/{tag}' for tag in tags] or [path]:
            self.require(user, tagged, 'SDN.Use')

    def _routes_access_users(self) -> list[tuple[str, str, Any]]:
        return [('GET', '/access/users', self._users)]

    async def _users(self, v: dict[str, Any], user: str) -> list[dict[str, Any]]:
        """Users that the caller may see: all, or itself alone, which a token is not (PVE/API2/User.pm:243)."""
        all_of_them = any(self.allowed(user, '/access/groups', priv) for priv in ('User.Modify', 'Sys.Audit'))
        return [{'userid': name, 'enable': 1, 'expire': 0, 'realm-type': name.partition('@')[2]}
                for name in sorted(('root@pam', USER)) if all_of_them or name == user]

    async def _permissions(self, v: dict[str, Any], user: str) -> dict[str, dict[str, int]]:
        """GET /access/permissions: what the user or token effectively holds, by path."""
        who = v.get('userid') or user
        if self.acl is None or who == 'root@pam':
            return await super()._permissions(v, user)
        paths = {*TOP_PATHS, *(path for userid in self.acl for path, _ in self.acl[userid]),
                 *(f'/vms/{vmid}' for members in self.pools.values() for vmid in members)}
        if v.get('path') is not None:
            paths = {v['path']}
        privs = sorted({priv for userid in self.acl for _, granted in self.acl[userid] for priv in granted})
        held = {path: {priv: self._holds(who, path, priv) for priv in privs} for path in sorted(paths)}
        told = {path: {priv: below for priv, below in here.items() if below is not None} for path, here in held.items()}
        return {path: here for path, here in told.items() if here}


def _trunk_tags(trunks: str) -> list[str]:
    """Each VLAN of a trunk's VLANs and ranges of them, in the order of their text (PVE::GuestHelpers::get_tags_from_trunk)."""
    tags: set[str] = set()
    for trunk in filter(None, trunks.split(';')):
        first, _dash, last = trunk.partition('-')
        tags |= {str(tag) for tag in range(int(first), int(last or first) + 1)} or {first}
    return sorted(tags)


def _covers(granted: str, path: str) -> bool:
    """A privilege given on a path holds below it, too: ACL entries propagate by default."""
    return granted == '/' or path == granted or path.startswith(granted + '/')
