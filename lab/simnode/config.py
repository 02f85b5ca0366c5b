"""Reading and changing a VM's configuration (PVE::API2::Qemu, vm_config and update_vm_api; PVE::QemuConfig)."""

import re
from typing import Any

from aiohttp import web
from fakepve.model import FakeVm, PveError, TaskError
from fakepve.qemu import is_cdrom, split_drive
from fakepve.routing import die, ok, param_error, split_list

from .drives import drives_named
from .formats import require_ssh_keys
from .handling import parameters
from .hotplug import at_once
from .mappings import DEVICE
from .options import (
    NET_KEY, UNUSED_KEY, by_value, cpu_type, is_cloudinit_drive, is_drive, is_known, net_properties, normal_form, privileges,
    require_cpu, require_no_real_device, shown)

# Parameters that steer the request and are no options of the VM.
CONTROLS = ('node', 'vmid', 'digest', 'delete', 'revert', 'skiplock', 'force', 'background_delay',
            'import-working-storage')
# MiB of a VM whose configuration does not say.
DEFAULT_MEMORY = 512


class Config:
    """Mixin of the node: GET and PUT config, and the changes that wait."""

    async def _config_get(self, request: web.Request) -> web.Response:
        vm = self._vm(request, 'VM.Audit')
        values = self._verify(request, await parameters(request))
        config = dict(vm.config) if values.get('current') else merged(vm)
        return ok({**shown(config), 'digest': vm.digest()})

    async def _pending(self, request: web.Request) -> web.Response:
        vm = self._vm(request, 'VM.Audit')
        # The digest is listed like an option (PVE::GuestHelpers::config_with_pending_array).
        now, waiting = {**shown(vm.config), 'digest': vm.digest()}, shown(vm.pending)
        out = []
        for key in sorted({*now, *waiting}):
            entry: dict[str, Any] = {'key': key}
            if key in now:
                entry['value'] = now[key]
            if key in waiting:
                entry.update({'delete': 1} if vm.pending[key] is None else {'pending': waiting[key]})
            out.append(entry)
        return ok(out)

    async def _apply_config(self, vm: FakeVm, user: str, p: dict[str, Any]) -> None:
        self.need_quorum()
        wanted = {key: value for key, value in p.items() if key not in CONTROLS}
        deleted, reverted = split_list(p.get('delete')), split_list(p.get('revert'))
        if 'sshkeys' in wanted:
            require_ssh_keys(str(wanted['sshkeys']))
        if not (wanted or deleted or reverted):
            raise die('no options specified')
        for key in reverted:
            if not is_known(key):
                raise param_error(revert=f"unknown option '{key}'")
            if key in wanted:
                raise param_error(delete=f"you can't use '-{key}' and -revert {key}' at the same time")
        for key in deleted:
            if key in reverted:
                raise param_error(revert=f"you can't use '-delete {key}' and -revert {key}' at the same time")
            if key in wanted:
                raise param_error(delete=f"you can't use '-{key}' and -delete {key}' at the same time")
            if not is_known(key):
                raise param_error(delete=f"unknown option '{key}'")
        require_cpu(wanted, self.pve.cpu_types, self.cpu_types)
        self._check_config_privileges(vm, user, wanted, deleted)
        if p.get('digest') and p['digest'] != vm.digest():
            raise die('checksum mismatch (file change by other user?)')
        if user != 'root@pam' or not p.get('skiplock'):
            self._check_lock(vm)
        self._check_values(vm, wanted, deleted)
        await self._locked(vm, lambda: self._change(vm, wanted, deleted, reverted, bool(p.get('force'))))

    def _check_config_privileges(self, vm: FakeVm, user: str, wanted: dict[str, Any], deleted: list[str]) -> None:
        path = f'/vms/{vm.vmid}'
        config = merged(vm)
        # What is not set is looked at no further where its value decides what it asks for (Qemu.pm:2186).
        touched = [(key, config.get(key, '')) for key in deleted if key in config or not by_value(key)]
        touched += [(key, value) for key, value in wanted.items()]
        touched += [(key, config[key]) for key in wanted if (is_drive(key) or DEVICE.fullmatch(key)) and key in config]
        for key, value in touched:
            if user != 'root@pam':
                require_no_real_device(key, value)
                if DEVICE.fullmatch(key) and value:
                    self.require_device(user, key, str(value))
            asked = privileges(key, value)
            if asked is None:
                if user != 'root@pam':
                    raise die(f"only root can set '{key}' config")
            elif asked[1]:
                self.require_any(user, path, *asked[0])
            else:
                for priv in asked[0]:
                    self.require(user, path, priv)
        if 'startup' in [*wanted, *deleted]:
            # The start order concerns the whole host.
            self.require(user, '/', 'Sys.Modify')
        if wanted.get('cpu') and cpu_type(wanted).startswith('custom-') and cpu_type(wanted) != cpu_type(config):
            self.require_cpu_type(user, cpu_type(wanted).removeprefix('custom-'))
        for key, value in wanted.items():
            if is_drive(key):
                self._qm_check_drive(user, vm.vmid, None, key, value, None)
        for key in [*wanted, *deleted]:
            for value in (wanted.get(key), vm.config.get(key)) if NET_KEY.fullmatch(key) else ():
                self.require_bridge(user, net_properties(value or ''))

    @staticmethod
    def _check_values(vm: FakeVm, wanted: dict[str, Any], deleted: list[str]) -> None:
        config = {**merged(vm), **wanted}
        balloon = int(config.get('balloon', 0))
        if ('balloon' in wanted or 'memory' in wanted) and balloon > memory_of(config):
            raise die('balloon value too large (must be smaller than assigned memory)')
        for device in _bootable(wanted.get('boot', '')):
            if device not in config or device in deleted:
                raise die(f"invalid bootorder: device '{device}' does not exist'")
        for key, value in wanted.items():
            others = [k for k in vm.config if is_drive(k) and k != key and k not in deleted]
            attached = next((k for k in others if is_cloudinit_drive(vm.config[k])), None)
            if is_drive(key) and is_cloudinit_drive(value) and attached:
                raise die(f"{key} - cloud-init drive is already attached at '{attached}'")

    async def _locked(self, vm: FakeVm, change: Any) -> None:
        """Runs the change under the VM's configuration lock."""
        try:
            await self.acquire(vm, 'config')
        except TaskError as failure:
            raise PveError(500, str(failure)) from failure
        try:
            change()
        finally:
            self.release(vm, 'config')

    def _change(self, vm: FakeVm, wanted: dict[str, Any], deleted: list[str], reverted: list[str], force: bool) -> None:
        before = drives_named(vm)
        for key in reverted:
            vm.pending.pop(key, None)
        for key in deleted:
            if key in vm.config or key in vm.pending:
                self._require_unprotected(vm, key)
                self._leave_boot_order(vm, key)
                self._set(vm, key, None)
        for key, value in wanted.items():
            if is_drive(key):
                value, _made = self._qm_new_drive(vm.vmid, key, value, None)
                self._join_boot_order(vm, key, value)
            else:
                value = normal_form(key, value)
            if value is not None or key in vm.config or key in vm.pending:
                self._set(vm, key, value)
        self.release_replaced(vm, before, free=force)
        vm.lock = vm.config.get('lock')
        if vm.status != 'running' and any(is_drive(key) and is_cloudinit_drive(wanted[key]) for key in wanted):
            self.write_cloudinit_drive(vm)
        vm.name = vm.config.get('name') or f'VM {vm.vmid}'

    @staticmethod
    def _require_unprotected(vm: FakeVm, key: str) -> None:
        """No drive of a protected VM is taken away. It counts what is written, so that lifting the protection in the same
        request comes too late; what was deleted before it stays so (PVE/API2/Qemu.pm:2213, 2242 of qemu-server 8.4.10)."""
        what = f"drive '{key}'" if is_drive(key) else f"unused disk '{split_drive(vm.config[key])[0]}'" \
            if UNUSED_KEY.fullmatch(key) else None
        if what is not None and vm.config.get('protection'):
            raise die(f"can't remove {what} - protection mode enabled")

    @staticmethod
    def _set(vm: FakeVm, key: str, value: Any) -> None:
        """Sets an option, or deletes it when value is None: now, or at the next start of a running VM."""
        vm.pending.pop(key, None)
        if vm.config.get(key) == value:
            return
        if vm.status == 'running' and not at_once(vm, key, value):
            vm.pending[key] = value
        elif value is None:
            vm.config.pop(key, None)
        else:
            vm.config[key] = value

    def _leave_boot_order(self, vm: FakeVm, key: str) -> None:
        """A deleted device leaves the boot order too."""
        devices = _bootable(vm.config.get('boot', ''))
        if key in devices:
            self._set(vm, 'boot', 'order=' + ';'.join(device for device in devices if device != key))

    def _join_boot_order(self, vm: FakeVm, key: str, value: str) -> None:
        """A new CD drive joins an explicit boot order, the cloud-init drive does not."""
        devices = _bootable(merged(vm).get('boot', ''))
        if devices and key not in devices and is_cdrom(*split_drive(value)) and not is_cloudinit_drive(value):
            self._set(vm, 'boot', 'order=' + ';'.join([*devices, key]))

    def apply_pending(self, vm: FakeVm) -> None:
        """Makes the changes that waited, and deals with the drives that they replace."""
        before = drives_named(vm)
        vm.apply_pending()
        self.release_replaced(vm, before)
        vm.name = vm.config.get('name') or f'VM {vm.vmid}'


def merged(vm: FakeVm) -> dict[str, Any]:
    """The configuration that the next start will use (PVE::QemuConfig::load_current_config)."""
    config = {**vm.config, **vm.pending}
    return {key: value for key, value in config.items() if value is not None}


def memory_of(config: dict[str, Any]) -> int:
    """MiB of memory: the option is a number or current=N."""
    return int(str(config.get('memory', DEFAULT_MEMORY)).removeprefix('current='))


def _bootable(value: Any) -> list[str]:
    found = re.fullmatch(r'order=(.*)', str(value))
    return [device for device in found.group(1).split(';') if device] if found else []
