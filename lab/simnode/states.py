"""States of a VM between running and stopped: paused, hibernated, locked (PVE::QemuServer vm_suspend, vm_resume, vm_start).

Sources are of qemu-server 8.4.10, and of pve-manager for the list of resources.
"""

import json
import time
from typing import Any

from aiohttp import web
from fakepve.lxc import SIZE_UNITS
from fakepve.model import FakeVm
from fakepve.routing import die

# What hibernating writes to the configuration, and the next start takes away (QemuServer.pm:6490).
HIBERNATED = ('lock', 'vmstate', 'runningmachine', 'runningcpu')
# Begins the size of a VM's saved state, to which its memory comes twice (PVE/QemuConfig.pm, __snapshot_save_vmstate).
STATE_SIZE = 500 * SIZE_UNITS['M']


class States:
    """Mixin of the node: suspend, resume, and what a VM in such a state takes and refuses."""

    async def _do_suspend(self, vm: FakeVm, user: str, p: dict[str, Any]) -> str:
        """Pauses a VM, or hibernates it with `todisk`: its state goes to a volume, and the lock stays (QemuServer.pm:6819)."""
        self._need_running(vm)
        self._check_lock(vm)
        to_disk = str(p.get('todisk', '0')) in ('1', 'true')

        async def body() -> None:
            if not to_disk:
                vm.qmpstatus = 'paused'
                return
            vm.status = vm.qmpstatus = 'stopped'
            self.processes.pop(vm.vmid, None)
            vm.config.update({'vmstate': self._save_state(vm), 'runningmachine': self.pve.machine,
                              'runningcpu': 'host,+kvm_pv_eoi,+kvm_pv_unhalt'})
            self._qm_lock(vm, 'suspended')
        # PVE/API2/Qemu.pm:4010.
        return await self.task(vm.node, 'qmsuspend' if to_disk else 'qmpause', vm.vmid, user, body, vm=vm)

    def _save_state(self, vm: FakeVm) -> str:
        """Makes the volume of a VM's state on the storage of its first disk."""
        memory = int(str(vm.config.get('memory', 512)).removeprefix('current='))
        name = f'vm-{vm.vmid}-state-suspend-{time.strftime("%Y-%m-%d")}'
        self.storages['local-lvm']['volumes'][name] = {
            'content': 'images', 'format': 'raw', 'vmid': vm.vmid, 'ctime': 0,
            'size': STATE_SIZE + 2 * memory * SIZE_UNITS['M']}
        return f'local-lvm:{name}'

    async def _do_resume(self, vm: FakeVm, user: str, p: dict[str, Any]) -> str:
        """Lets a paused VM go on; a hibernated one starts (PVE/API2/Qemu.pm:4073)."""
        if vm.lock != 'suspended':
            if vm.status != 'running':
                raise die(f'VM {vm.vmid} not running')
            return await super()._do_resume(vm, user, p)

        async def runs() -> None:
            vm.status = vm.qmpstatus = 'running'
            vm.started_at = time.time()
        return await self.task(vm.node, 'qmresume', vm.vmid, user, lambda: self.started(vm, runs), vm=vm)

    def woken(self, vm: FakeVm) -> None:
        """Takes away what hibernating left, as a start does once the VM goes on (QemuServer.pm:6484)."""
        if not vm.config.get('vmstate'):
            return
        self._qm_free(vm.config['vmstate'])
        for key in HIBERNATED:
            vm.config.pop(key, None)
        vm.lock = None

    async def _do_stop(self, vm: FakeVm, user: str, p: dict[str, Any]) -> str:
        """A VM that does not run is stopped already, whatever its lock (QemuServer.pm:6671)."""
        if vm.status == 'running':
            return await super()._do_stop(vm, user, p)

        async def nothing() -> None:
            return None
        return await self.task(vm.node, 'qmstop', vm.vmid, user, nothing, vm=vm)

    async def _qm_destroy(self, v: dict[str, Any], user: str) -> str:
        """A hibernated VM may be destroyed, with its saved state; any other lock forbids it (QemuServer.pm:2227)."""
        vm = self.find(v['node'], v['vmid'])
        if vm.lock == 'suspended' and not vm.config.get('protection'):
            self.woken(vm)
        return await super()._qm_destroy(v, user)

    async def _resources(self, request: web.Request) -> web.Response:
        """The list tells of a running VM what its QEMU says, so that a paused one is `paused`
        (pve-manager 8, PVE/Service/pvestatd.pm, update_qemu_status)."""
        told = json.loads((await super()._resources(request)).text)
        for entry in told['data']:
            vm = self.vm(entry['vmid']) if entry['type'] == 'qemu' else None
            if vm is not None and entry['status'] == 'running':
                entry['status'] = vm.qmpstatus
        return web.json_response(told)
