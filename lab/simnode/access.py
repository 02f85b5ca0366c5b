"""Who may do what: users, privilege-separated API tokens, and PVE 8.4's privileges."""

from typing import Any

from fakepve.model import PveError

# The least that the program needs on a PVE 8.4 node, as one role; PVE 9 has other privileges.
# Each privilege stands beside what asks for it (PVE::API2::Qemu, ::Pool and ::Firewall of PVE 8.4).
TENANT_ROLE: dict[str, str] = {
    'VM.Allocate': 'DELETE /nodes/N/qemu/V; clone into a VMID or a pool',
    'VM.Clone': 'POST clone, on the template',
    'VM.Audit': 'GET config, status and /cluster/resources; without it a VM looks deleted',
    'VM.Config.CPU': 'PUT config: cores, sockets, cpu, numa',
    'VM.Config.Memory': 'PUT config: memory, balloon',
    'VM.Config.Disk': 'PUT config: disks, boot; PUT resize',
    'VM.Config.Network': 'PUT config: netN; writing the VM firewall',
    'VM.Config.Options': 'PUT config: name, description, tags, onboot, agent, ostype',
    'VM.Config.HWType': 'PUT config: scsihw, serialN, vga, machine',
    'VM.Config.Cloudinit': 'PUT config: ipconfigN and the other cloud-init keys; PUT cloudinit',
    'VM.Config.CDROM': 'PUT config: the cloud-init drive is a CD-ROM',
    'VM.PowerMgmt': 'POST status/start, stop, shutdown, reboot',
    'VM.Monitor': 'the guest agent; PVE 9 split it into VM.GuestAgent.*',
    'Datastore.AllocateSpace': 'a clone\'s disks and cloud-init drive; PUT resize',
    'Datastore.Audit': 'GET storage',
    'SDN.Use': 'a NIC on a bridge or on a VLAN of it',
    'Pool.Audit': 'GET /pools',
    'Pool.Allocate': 'POST, PUT and DELETE /pools',
    'Sys.Audit': 'GET /nodes/N/network and status',
}
# Where the role is given: to the user and to its token alike.
ROLE_PATHS = ('/vms', '/storage', '/pool', '/sdn/zones', '/nodes')
# Zone of every bridge that is no SDN vnet (PVE::GuestHelpers::check_vnet_access).
LOCAL_ZONE = 'localnetwork'


def for_pve8(rule: Any) -> Any:
    """A permission rule of the PVE 9 schema in PVE 8.4's privileges: VM.Monitor covered all of VM.GuestAgent.*."""
    if isinstance(rule, dict):
        return {key: for_pve8(value) for key, value in rule.items()}
    if isinstance(rule, list):
        translated = [for_pve8(item) for item in rule]
        if all(isinstance(item, str) for item in translated):
            return list(dict.fromkeys(translated))
        return translated
    if isinstance(rule, str) and rule.startswith('VM.GuestAgent.'):
        return 'VM.Monitor'
    return rule


class Access:
    """Mixin of the node: permissions as PVE::RPCEnvironment checks them."""

    def grant_role(self, *userids: str) -> None:
        """Gives users and tokens the role of the program on every path that it needs."""
        for userid in userids:
            for path in ROLE_PATHS:
                self.grant(userid, path, *TENANT_ROLE)

    def allowed(self, user: str, path: str, priv: str) -> bool:
        """A token separated from its user holds what both hold (PVE::RPCEnvironment::permissions)."""
        owner, bang, _token = user.partition('!')
        if user == 'root@pam' or self.acl is None:
            return True
        if owner == 'root@pam':
            return self._granted(user, path, priv)
        return self._granted(owner, path, priv) and (not bang or self._granted(user, path, priv))

    def _granted(self, userid: str, path: str, priv: str) -> bool:
        """True if the user or token itself holds the privilege on the path, whatever its owner holds."""
        return any(priv in privs and any(_covers(granted, p) for p in self._paths_of(path))
                   for granted, privs in self.acl.get(userid, []))

    def _paths_of(self, path: str) -> list[str]:
        """The path, and the pools through which a guest or a storage gets privileges too."""
        kind, _, name = path[1:].partition('/')
        if kind == 'vms' and name.isdigit():
            return [path] + [f'/pool/{pool}' for pool, ids in self.pools.items() if int(name) in ids]
        if kind == 'storage' and name:
            return [path] + [f'/pool/{pool}' for pool, meta in self.pool_info.items() if name in meta['storage']]
        return [path]

    def check_permissions(self, user: Any, perms: Any, values: Any, declared: Any = None) -> None:
        super().check_permissions(user, for_pve8(perms), values, declared)

    def require_any(self, user: str, path: str, *privs: str) -> None:
        """Raises PVE's 403 unless the user holds one of the privileges on the path."""
        if not any(self.allowed(user, path, priv) for priv in privs):
            raise PveError(403, f'Permission check failed ({path}, {"|".join(privs)})')

    def require_bridge(self, user: str, net: dict[str, str]) -> None:
        """SDN.Use on a NIC's bridge, or on its VLANs there (PVE::GuestHelpers::check_vnet_access, PVE 8)."""
        if not net.get('bridge'):
            return
        path = f'/sdn/zones/{LOCAL_ZONE}/{net["bridge"]}'
        tags = [tag for tag in [net.get('tag', ''), *net.get('trunks', '').split(';')] if tag]
        for tagged in [f'{path}/{tag}' for tag in tags] or [path]:
            self.require(user, tagged, 'SDN.Use')

    async def _permissions(self, v: dict[str, Any], user: str) -> dict[str, dict[str, int]]:
        """GET /access/permissions: what the user or token effectively holds, by path."""
        who = v.get('userid') or user
        if self.acl is None or who == 'root@pam':
            return await super()._permissions(v, user)
        paths = {path for userid in (who, who.split('!')[0]) for path, _ in self.acl.get(userid, [])}
        if v.get('path') is not None:
            paths = {v['path']}
        privs = {priv for userid in self.acl for _, granted in self.acl[userid] for priv in granted}
        held = {path: {priv: 1 for priv in sorted(privs) if self.allowed(who, path, priv)} for path in sorted(paths)}
        return {path: privs for path, privs in held.items() if privs}


def _covers(granted: str, path: str) -> bool:
    """A privilege given on a path holds below it, too: ACL entries propagate by default."""
    return granted == '/' or path == granted or path.startswith(granted + '/')
