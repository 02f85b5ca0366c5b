"""Versions of PVE that the node can be, as data: what each has and answers otherwise than the other.

fakepve's schema is that of PVE 9, so what stands here of 8.4 is said against it. Sources: pve-access-control 8.2.3 and 9.1.1,
src/PVE/AccessControl.pm ($privgroups); qemu-server 8.4.10 and 9.2.6; pve-manager 8.4.21 and 9.2.11. What was run on the real
code of both: of the 151 requests of tests/lab/corpus/pve-8.4.jsonl none is answered otherwise by 9.2.
"""

from dataclasses import dataclass, field
from typing import Any

from fakepve import shapes

# CPU types of both (src/PVE/QemuServer/CPUConfig.pm, $cpu_vendor_list and $builtin_models; in 9.2 $cpu_models_by_arch).
CPU_TYPES = frozenset((
    '486 pentium pentium2 pentium3 coreduo core2duo Conroe Penryn Nehalem Nehalem-IBRS Westmere Westmere-IBRS SandyBridge '
    'SandyBridge-IBRS IvyBridge IvyBridge-IBRS Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS Broadwell Broadwell-IBRS '
    'Broadwell-noTSX Broadwell-noTSX-IBRS Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v4 '
    'Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v4 Skylake-Server-v5 Cascadelake-Server '
    'Cascadelake-Server-v2 Cascadelake-Server-noTSX Cascadelake-Server-v4 Cascadelake-Server-v5 Cooperlake Cooperlake-v2 '
    'KnightsMill Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX Icelake-Server-v3 Icelake-Server-v4 '
    'Icelake-Server-v5 Icelake-Server-v6 SapphireRapids SapphireRapids-v2 GraniteRapids athlon phenom Opteron_G1 Opteron_G2 '
    'Opteron_G3 Opteron_G4 Opteron_G5 EPYC EPYC-IBPB EPYC-v3 EPYC-v4 EPYC-Rome EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4 '
    'EPYC-Milan EPYC-Milan-v2 EPYC-Genoa host kvm32 kvm64 qemu32 qemu64 max x86-64-v2 x86-64-v2-AES x86-64-v3 x86-64-v4'
).split())
# CPU types that came with 9 (the same file, where QEMU's package brings no list of its own).
CPU_TYPES_9 = frozenset((
    'ClearwaterForest EPYC-Genoa-v2 EPYC-Milan-v3 EPYC-Rome-v5 EPYC-Turin EPYC-v5 GraniteRapids-v2 GraniteRapids-v3 '
    'Icelake-Server-v7 SapphireRapids-v3 SapphireRapids-v4 SierraForest SierraForest-v2 SierraForest-v3').split())

# Privileges that came with 9 (AccessControl.pm:1069-1086), and the one that went.
PRIVILEGES_9 = frozenset(
    'VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite '
    'VM.GuestAgent.Unrestricted VM.Replicate'.split())
MONITOR = {'check': ['perm', '/vms/{vmid}', ['VM.Monitor']]}
SWITCH = {'default': 1, 'optional': 1, 'type': 'boolean'}
WORD = {'optional': 1, 'type': 'string'}


@dataclass(frozen=True)
class Version:
    """One version, as far as a client of its API can tell it from the other."""

    # As `pveversion` and GET /version tell it.
    product: str
    qemu: str
    # Machine type of a VM that starts.
    machine: str
    privileges: frozenset[str]
    cpu_types: frozenset[str]
    # Keys that its status answers do not have (qemu-server, src/PVE/QemuServer.pm, vmstatus; pve-manager, PVE/API2/Cluster.pm).
    without_keys: frozenset[str] = frozenset()
    # Parameters of requests by name, and properties of such a parameter, that it has otherwise; None: not at all
    # ($confdesc, $net_fmt and the agent's format of qemu-server; PVE::VZDump::Common, $confdesc).
    parameters: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    properties: dict[str, dict[str, dict[str, Any] | None]] = field(default_factory=dict)
    # Parameters that it has beside those of the schema, by path.
    more: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # Whether VM.Monitor alone lets in to the guest agent and to QEMU's monitor (src/PVE/API2/Qemu/Agent.pm:147, Qemu.pm:5655 of
    # 8.4.10); else each command asks for its own (Agent.pm:55 ff. of 9.2.6).
    monitor: bool = False
    # Whether a CPU type of the node's own asks for Mapping.Use on /mapping/cpu/NAME, which lets see it, too (Qemu.pm:755 and
    # Qemu/CPU.pm:79 of 9.2.6, since 9.1.13); else for Sys.Audit on /nodes (Qemu.pm:740 of 8.4.10).
    cpu_mapping: bool = False
    # Whether HA groups are gone, whose place rules took (pve-ha-manager, src/PVE/API2/HA/Groups.pm:60).
    ha_rules: bool = False

    @property
    def release(self) -> str:
        return '.'.join(self.product.split('.')[:2])

    def newer(self, than: 'Version') -> bool:
        return _numbers(self.product) > _numbers(than.product)

    def grants(self, described: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of substrate/grants.json that are for this version."""
        own = _numbers(self.product)
        return [grant for grant in described if _numbers(grant.get('since', '0')) <= own
                and ('before' not in grant or own < _numbers(grant['before']))]

    def rule(self, permissions: Any) -> Any:
        """A permission rule of the PVE 9 schema as this version has it."""
        return MONITOR if self.monitor and _asks_agent(permissions) else permissions

    def methods(self, path: str, described: dict[str, Any]) -> dict[str, Any]:
        """The methods of a path of the PVE 9 schema with this version's parameters."""
        return {method: self._method(info, self.more.get(path, {})) for method, info in described.items()}

    def _method(self, info: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        spec = info.get('parameters') or {}
        declared = spec.get('properties') or {}
        others = {name: self._parameter(name, one) for name, one in declared.items()
                  if name in self.parameters or _unnumbered(name) in self.properties}
        if not (others or more):
            return info
        kept = {name: one for name, one in {**declared, **others, **more}.items() if one is not None}
        return {**info, 'parameters': {**spec, 'properties': kept}}

    def _parameter(self, name: str, one: dict[str, Any]) -> dict[str, Any] | None:
        if name in self.parameters:
            return self.parameters[name]
        form = one.get('format')
        if not isinstance(form, dict):
            return one
        kept = {**form, **self.properties[_unnumbered(name)]}
        return {**one, 'format': {key: value for key, value in kept.items() if value is not None}}


def _numbers(product: str) -> tuple[int, ...]:
    return tuple(int(part) for part in product.split('.'))


def _unnumbered(name: str) -> str:
    return name.removesuffix('[n]')


def _asks_agent(permissions: Any) -> bool:
    """Whether a rule is that of the guest agent, or of QEMU's monitor."""
    check = (permissions or {}).get('check') or []
    privileges = check[2] if len(check) > 2 and check[0] == 'perm' else []
    return any(name.startswith('VM.GuestAgent.') for name in privileges) or (
        check[1:2] == ['/vms/{vmid}'] and privileges == ['Sys.Audit', 'Sys.Modify'])


VERSIONS = {
    '8.4': Version(
        '8.4.1', '9.2.0', 'pc-i440fx-9.2+pve1', frozenset(shapes.PRIVILEGES) - PRIVILEGES_9 | {'VM.Monitor'}, CPU_TYPES,
        frozenset(('memhost', 'pressurecpusome', 'pressurecpufull', 'pressureiosome', 'pressureiofull', 'pressurememorysome',
                   'pressurememoryfull')),
        {'allow-ksm': None, 'intel-tdx': None},
        {'net': {'host-tunnel': None}, 'agent': {'freeze-fs': None, 'guest-fsfreeze': None, 'freeze-fs-on-backup': SWITCH}},
        {'/nodes/{node}/vzdump': {'maxfiles': {'optional': 1, 'type': 'integer', 'minimum': 1},
                                  'notification-policy': WORD, 'notification-target': WORD}}, monitor=True),
    '9.2': Version('9.2.11', '10.1.2', 'pc-i440fx-10.1+pve0', frozenset(shapes.PRIVILEGES), CPU_TYPES | CPU_TYPES_9,
                   cpu_mapping=True, ha_rules=True),
}
DEFAULT = '8.4'
