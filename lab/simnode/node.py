"""The node itself: version, status, network, the answers of an unclustered node, and what is not modelled."""

import ipaddress
from typing import Any

from aiohttp import web
from fakepve.model import FakeVm, PveError
from fakepve.routing import die, ok, param_error
from fakepve.schema import Match

from .versions import Version

GIB = 1024 ** 3
THREADS = 8
MEMORY = 32 * GIB
ROOT_DISK = 94 * GIB
# /etc/network/interfaces as GET /nodes/N/network tells it: one VLAN-aware bridge on one NIC, whose address is the site's.
INTERFACES: dict[str, dict[str, Any]] = {
    'eno1': {'type': 'eth', 'active': 1, 'exists': 1, 'method': 'manual', 'method6': 'manual',
             'families': ['inet'], 'priority': 3},
    'vmbr0': {'type': 'bridge', 'active': 1, 'autostart': 1, 'method': 'static', 'method6': 'manual',
              'families': ['inet'], 'priority': 4, 'bridge_ports': 'eno1', 'bridge_stp': 'off', 'bridge_fd': '0',
              'bridge_vlan_aware': 1, 'bridge_vids': '2-4094'},
}
BRIDGE_FILTERS = {'any_bridge': ('bridge', 'OVSBridge'), 'any_local_bridge': ('bridge', 'OVSBridge')}


class Node:
    """Mixin of the node: GET answers about the node, and a refusal of writes that would change nothing."""

    pve: Version

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version, self.release_version = self.pve.product, self.pve.release
        # CPU types that somebody made on the node: custom-...
        self.cpu_types: list[str] = []
        self.interfaces = {name: dict(described) for name, described in INTERFACES.items()}

    def upgrade(self, pve: Version) -> None:
        """Makes it a node of a newer version, in place. Raises ValueError for one that is not newer."""
        if not pve.newer(self.pve):
            raise ValueError(f'{self.pve.product} is not upgraded to {pve.product}')
        self.pve, self.version, self.release_version = pve, pve.product, pve.release
        self.forget_privileges()

    def move_to(self, address: str) -> None:
        """Gives the node another address, in a network of the same size whose router is its first host."""
        cidr = f'{address}/{self.interfaces["vmbr0"]["netmask"]}'
        gateway = str(ipaddress.ip_interface(cidr).network[1])
        self.interfaces['vmbr0'] |= {'address': address, 'cidr': cidr, 'gateway': gateway}

    def _routes_node(self) -> list[tuple[str, str, Any]]:
        network = '/nodes/{node}/network'
        return [('GET', '/nodes/{node}/status', self._node_status), ('GET', network, self._interfaces),
                ('GET', '/nodes/{node}/capabilities/qemu/cpu', self._cpu_types),
                ('GET', network + '/{iface}', self._interface), ('GET', '/cluster/nextid', self._next_id),
                ('GET', '/cluster/sdn/zones', self._nothing), ('GET', '/cluster/sdn/vnets', self._nothing),
                ('GET', '/cluster/ha/resources', self._nothing), ('GET', '/cluster/ha/groups', self._ha_groups),
                ('GET', '/cluster/ha/rules', self._ha_rules)]

    def resolve(self, request: web.Request, prefix: str) -> Match | None:
        return self._of_version(super().resolve(request, prefix))

    async def answer(self, request: web.Request, match: Match | None, *args: Any) -> Any:
        return await super().answer(request, self._of_version(match), *args)

    def _of_version(self, match: Match | None) -> Match | None:
        """A path of the schema, with the methods and parameters that it takes on a node of this version."""
        return match and Match(match.template, match.params, self.pve.methods(match.template, match.methods))

    @staticmethod
    def _node_stats(online: bool) -> dict[str, Any]:
        if not online:
            return {}
        return {'cpu': 0.02, 'maxcpu': THREADS, 'mem': 4 * GIB, 'maxmem': MEMORY, 'disk': 8 * GIB,
                'maxdisk': ROOT_DISK, 'uptime': 3600}

    async def _node_status(self, v: dict[str, Any], user: str) -> dict[str, Any]:
        return {'uptime': 3600, 'cpu': 0.02, 'wait': 0, 'idle': 0, 'loadavg': ['0.10', '0.10', '0.10'],
                'pveversion': f'pve-manager/{self.pve.product}/0000000000000000', 'kversion': 'Linux 6.8.12-9-pve',
                'current-kernel': {'sysname': 'Linux', 'release': '6.8.12-9-pve', 'version': '#1 SMP',
                                   'machine': 'x86_64'},
                'cpuinfo': {'cpus': THREADS, 'cores': THREADS // 2, 'sockets': 1, 'model': 'simulated', 'mhz': '3000',
                            'user_hz': 100, 'hvm': '1', 'flags': ''},
                'memory': {'total': MEMORY, 'used': 4 * GIB, 'free': MEMORY - 4 * GIB},
                'swap': {'total': 0, 'used': 0, 'free': 0}, 'ksm': {'shared': 0}, 'boot-info': {'mode': 'efi'},
                'rootfs': {'total': ROOT_DISK, 'used': 8 * GIB, 'free': ROOT_DISK - 8 * GIB,
                           'avail': ROOT_DISK - 8 * GIB}}

    async def _interfaces(self, v: dict[str, Any], user: str) -> list[dict[str, Any]]:
        kinds = BRIDGE_FILTERS.get(v.get('type', ''), (v.get('type'),))
        return [{'iface': name, **described} for name, described in self.interfaces.items()
                if kinds == (None,) or described['type'] in kinds]

    async def _cpu_types(self, v: dict[str, Any], user: str) -> list[dict[str, Any]]:
        """CPU types; the node's own for who may read /nodes alone (PVE/API2/Qemu/CPU.pm, get_cpu_models)."""
        own = [name for name in self.cpu_types if self.allowed(user, '/nodes', 'Sys.Audit') or self._maps(user, name)]
        return [{'name': name, 'custom': 0, 'vendor': 'default'} for name in sorted(self.pve.cpu_types)] + [
            {'name': name, 'custom': 1, 'vendor': 'default'} for name in own]

    def _maps(self, user: str, cpu: str) -> bool:
        path = f'/mapping/cpu/{cpu.removeprefix("custom-")}'
        return self.pve.cpu_mapping and any(self.allowed(user, path, f'Mapping.{what}') for what in ('Audit', 'Use', 'Modify'))

    async def _interface(self, v: dict[str, Any], user: str) -> dict[str, Any]:
        if v['iface'] not in self.interfaces:
            raise param_error(iface='interface does not exist')
        return self.interfaces[v['iface']]

    async def _next_id(self, v: dict[str, Any], user: str) -> str:
        if v.get('vmid') is not None:
            if self.guest(int(v['vmid'])):
                raise param_error(vmid=f'VM {v["vmid"]} already exists')
            return str(v['vmid'])
        return str(next(vmid for vmid in range(100, 10 ** 9) if not self.guest(vmid)))

    async def _ha_groups(self, v: dict[str, Any], user: str) -> list[Any]:
        if self.pve.ha_rules:
            raise die('cannot index groups: ha groups have been migrated to rules')
        return []

    async def _ha_rules(self, v: dict[str, Any], user: str) -> list[Any]:
        if not self.pve.ha_rules:
            raise PveError(501, "Method 'GET /cluster/ha/rules' not implemented")
        return []

    async def _nothing(self, v: dict[str, Any], user: str) -> list[Any]:
        return []

    async def _cluster_status(self, request: web.Request) -> web.Response:
        """An unclustered node lists itself alone (PVE::API2::Cluster, get_status)."""
        return ok([{'type': 'node', 'id': f'node/{name}', 'name': name, 'nodeid': 0, 'ip': '127.0.0.1', 'level': '',
                    'online': 1, 'local': 1} for name in sorted(self.nodes)])

    def _vm_status(self, vm: FakeVm, listing: bool = False) -> dict[str, Any]:
        status = super()._vm_status(vm, listing)
        if 'running-qemu' in status:
            status.update({'running-qemu': self.pve.qemu, 'running-machine': self.pve.machine})
        if 'pid' in status:
            status['pid'] = self.processes.get(vm.vmid, status['pid'])
        return {key: value for key, value in status.items() if key not in self.pve.without_keys}

    def _vm_usage(self, vm: FakeVm) -> dict[str, Any]:
        return {key: value for key, value in super()._vm_usage(vm).items() if key not in self.pve.without_keys}

    def _complete(self, template: str, data: Any, **values: Any) -> Any:
        done = super()._complete(template, data, **values)
        for entry in done if isinstance(done, list) else [done]:
            for key in self.pve.without_keys:
                entry.pop(key, None)
        return done

    async def synthesise(self, match: Any, method: str, info: Any, user: str, values: Any) -> Any:
        """Refuses a write that is not modelled: fakepve would answer OK and change nothing."""
        if method != 'GET':
            raise PveError(501, f'{method} {match.template} is not modelled by the simulated node')
        return await super().synthesise(match, method, info, user, values)
