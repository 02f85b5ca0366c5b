"""Devices of the host by the datacentre's mappings: who may list, make and use one, and what a start does with them.

Sources are of pve-manager 9.2.11 (PVE/API2/Cluster/Mapping/PCI.pm and USB.pm), of pve-guest-common (src/PVE/Mapping/PCI.pm and USB.pm)
and of qemu-server 9.2.6; 8.4 has the same of each.
"""

import re
from typing import Any

from fakepve.lxc import split_props
from fakepve.model import FakeVm, PveError, TaskError
from fakepve.routing import die, param_error, split_list

# The host's own devices, by their paths: what assert_valid of the mappings finds there.
HARDWARE: dict[str, dict[str, dict[str, str]]] = {
    'pci': {f'0000:0{bus}:00.0': {'id': '10de:1b80', 'iommugroup': str(bus)} for bus in range(1, 6)},
    'usb': {'1-2': {'id': '10c4:ea60'}, '1-4': {'id': '1050:0407'}},
}
# Name of the list of what is wrong with a mapping, in the answer that was asked to look.
CHECKS = {'pci': 'checks', 'usb': 'errors'}
SEEING = ('Mapping.Modify', 'Mapping.Use', 'Mapping.Audit')
DEVICE = re.compile(r'(usb|hostpci)\d+')


class Mappings:
    """Mixin of the node: /cluster/mapping, and the mapped devices of VMs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # mapping/pci.cfg and usb.cfg: the mappings by kind and ID.
        self.mappings: dict[str, dict[str, dict[str, Any]]] = {'pci': {}, 'usb': {}}
        # Paths of the PCI devices that each VM was started with.
        self._reserved: dict[int, list[str]] = {}

    def _routes_mappings(self) -> list[tuple[str, str, Any]]:
        return [route for kind in self.mappings for route in self._methods_of(kind)]

    def _methods_of(self, kind: str) -> list[tuple[str, str, Any]]:
        every, one = f'/cluster/mapping/{kind}', f'/cluster/mapping/{kind}/{{id}}'

        async def listed(v: dict[str, Any], user: str) -> Any:
            return self._list_mappings(kind, v.get('check-node'), user)

        async def read(v: dict[str, Any], user: str) -> Any:
            if v['id'] not in self.mappings[kind]:
                raise die(f"mapping '{v['id']}' not found")
            return self.mappings[kind][v['id']]

        async def create(v: dict[str, Any], user: str) -> None:
            if v['id'] in self.mappings[kind]:
                raise die(f"create hardware mapping failed: {kind} ID '{v['id']}' already defined")
            self.mappings[kind][v['id']] = _entry(v)

        async def update(v: dict[str, Any], user: str) -> None:
            if v['id'] not in self.mappings[kind]:
                raise die(f"update hardware mapping failed: {kind} ID '{v['id']}' does not exist")
            gone = split_list(v.get('delete'))
            kept = {key: value for key, value in self.mappings[kind][v['id']].items() if key not in gone}
            self.mappings[kind][v['id']] = {**kept, **_entry(v)}

        async def remove(v: dict[str, Any], user: str) -> None:
            self.mappings[kind].pop(v['id'], None)
        return [('GET', every, listed), ('POST', every, create), ('GET', one, read), ('PUT', one, update), ('DELETE', one, remove)]

    def _list_mappings(self, kind: str, check: str | None, user: str) -> list[dict[str, Any]]:
        """Those that the caller may see; with `check-node` what the node's hardware says of each."""
        seen = [{**entry, 'id': name} for name, entry in self.mappings[kind].items()
                if any(self.allowed(user, f'/mapping/{kind}/{name}', priv) for priv in SEEING)]
        if check is None:
            return seen
        return [{**entry, CHECKS[kind]: self._wrong(kind, entry, check)} for entry in seen]

    def _wrong(self, kind: str, entry: dict[str, Any], node: str) -> list[dict[str, str]]:
        here = _on(entry, node)
        if not here:
            return [{'severity': 'warning', 'message': f'No mapping for node {node}.'}]
        faults = [fault for device in here if (fault := _fault(kind, entry['id'], device)) is not None]
        return [{'severity': 'error', 'message': f'Invalid configuration: {fault}\n'} for fault in faults]

    def require_mapped(self, user: str, config: dict[str, Any]) -> None:
        """A VM's devices are the caller's to give to another VM (check_mapping_access, src/PVE/QemuServer.pm:6432)."""
        for key, value in config.items():
            if user != 'root@pam' and DEVICE.fullmatch(key):
                self.require_device(user, key, str(value))
            if user != 'root@pam' and re.fullmatch(r'virtiofs\d', key):
                first, props = split_props(value)
                self.require(user, f'/mapping/dir/{first or props.get("dirid")}', 'Mapping.Use')
            if user != 'root@pam' and re.fullmatch(r'rng\d+', key) and '/dev/hwrng' in str(value):
                self.require(user, '/mapping/hwrng', 'Mapping.Use')

    def require_device(self, user: str, key: str, value: str) -> None:
        """The one device (check_usb_perm and check_hostpci_perm, src/PVE/API2/Qemu.pm:882, 918)."""
        first, props = split_props(value)
        host, mapping = first or props.get('host'), props.get('mapping')
        usb = key.startswith('usb')
        if host:
            if not usb or host.lower() != 'spice':
                raise die(f"only root can set '{key}' config for {'real' if usb else 'non-mapped'} devices")
        elif mapping:
            self.require(user, f'/mapping/{"usb" if usb else "pci"}/{mapping}', 'Mapping.Use')
        else:
            raise die("either 'host' or 'mapping' must be set.")
        if props.get('romfile') is not None:
            raise param_error(**{key: "only root@pam can set 'romfile' option"})

    async def _qm_clone(self, v: dict[str, Any], user: str) -> str:
        self.require_mapped(user, self.find(v['node'], v['vmid']).config)
        return await super()._qm_clone(v, user)

    async def _qm_create(self, v: dict[str, Any], user: str) -> Any:
        self.require_mapped(user, v)
        return await super()._qm_create(v, user)

    async def started(self, vm: FakeVm, body: Any) -> Any:
        """Reserves a VM's devices before it runs; a USB device is looked for alone (src/PVE/QemuServer/PCI.pm:431-617, USB.pm:77)."""
        config = {**vm.config, **{key: value for key, value in vm.pending.items() if value is not None}}
        try:
            self._find_usb(vm, config)
            self._reserved[vm.vmid] = self._choose(vm, config)
        except PveError as failure:
            raise TaskError(failure.message) from failure
        return await super().started(vm, body)

    def _find_usb(self, vm: FakeVm, config: dict[str, Any]) -> None:
        for _key, mapping, _props in _mapped(config, 'usb'):
            here = _on(self.mappings['usb'].get(mapping, {}), vm.node)
            if not here:
                raise die(f"USB device mapping not found for '{mapping}'")
            if len(here) > 1:
                raise die('More than one USB mapping per host not supported')
            fault = _fault('usb', mapping, here[0])
            if fault is not None:
                raise die(f'USB Mapping invalid (hardware probably changed): {fault}')

    def _choose(self, vm: FakeVm, config: dict[str, Any]) -> list[str]:
        """A device for each of the VM's: a free one of several (choose_hostpci_devices), and of one alone that one, which is reserved
        once all are chosen (reserve_pci_usage)."""
        taken = {path: other.vmid for other in self.vms if other.status == 'running' and other.vmid != vm.vmid
                 for path in self._reserved.get(other.vmid, [])}
        used: list[str] = []
        for key, mapping, props in _mapped(config, 'hostpci'):
            paths = [device['path'] for device in self._valid(mapping, vm.node)]
            if props.get('pcie') == '1' and 'q35' not in str(config.get('machine', '')):
                raise die('q35 machine model is not enabled at /usr/share/perl5/PVE/QemuServer/PCI.pm line 510.')
            free = [path for path in paths if path not in used and (len(paths) == 1 or path not in taken)]
            if not free:
                raise die(f"device '{paths[0]}' assigned more than once" if len(paths) == 1 else
                          f"could not find a free device for '{key}'")
            used.append(free[0])
        for path in used:
            if path in taken:
                raise die(f"PCI device '{path}' already in use by VMID '{taken[path]}'")
        return used

    def _valid(self, mapping: str, node: str) -> list[dict[str, str]]:
        """The devices of a mapping on the node, which are as it says (parse_hostpci)."""
        here = _on(self.mappings['pci'].get(mapping, {}), node)
        if not here:
            raise die(f"PCI device mapping not found for '{mapping}'")
        fault = next((found for device in here if (found := _fault('pci', mapping, device)) is not None), None)
        if fault is not None:
            raise die(f'PCI device mapping invalid (hardware probably changed): {fault}')
        return here


def _entry(v: dict[str, Any]) -> dict[str, Any]:
    """A mapping as its section keeps it: a single `map` is a list, too."""
    given = {key: value for key, value in v.items() if key not in ('id', 'delete', 'digest')}
    if 'map' in given and not isinstance(given['map'], list):
        given['map'] = [given['map']]
    return given


def _on(entry: dict[str, Any], node: str) -> list[dict[str, str]]:
    """The devices of a mapping on a node (get_node_mapping)."""
    devices = [split_props(one)[1] for one in entry.get('map', [])]
    return [device for device in devices if device.get('node') == node]


def _mapped(config: dict[str, Any], kind: str) -> list[tuple[str, str, dict[str, str]]]:
    """A VM's devices of a kind that are mapped: key, mapping and properties."""
    found = [(key, split_props(str(config[key]))[1]) for key in sorted(config) if re.fullmatch(rf'{kind}\d+', key)]
    return [(key, props['mapping'], props) for key, props in found if 'mapping' in props]


def _fault(kind: str, name: str, device: dict[str, str]) -> str | None:
    """In what a device of a mapping is not the host's (assert_valid)."""
    hardware, path = HARDWARE[kind], device.get('path', '')
    if kind == 'usb' and not path:
        known = any(one['id'] == device.get('id') for one in hardware.values())
        return None if known else f"usb device '{device.get('id')}' not found"
    real = hardware.get(path if kind == 'usb' or '.' in path else f'{path}.0')
    if real is None:
        return f"{kind} device '{path}' not found"
    for key, value in sorted(real.items()):
        if key != 'id' and key not in device:
            return f"missing expected property '{key}' for device '{path}'"
        if device.get(key) != value:
            return f"'{key}' does not match for '{name}' ({value} != {device.get(key)})"
    return None
