"""Snapshots of VMs (PVE/API2/Qemu.pm:6167 of qemu-server 9.2.6; PVE/AbstractConfig.pm of pve-guest-common).

fakepve takes and removes them; here is what it leaves out: storages that have them only in a format, the way back, and the question
whether a VM can have one.
"""

import time
import uuid
from typing import Any

from fakepve.lxc import SIZE_UNITS
from fakepve.model import FakeVm, TaskError
from fakepve.qemu import drives_of, split_drive, volume_ref

from .drives import drives_named
from .options import is_cloudinit_drive, is_drive

# Keys of a snapshot that are no settings of the VM (AbstractConfig.pm:691, __snapshot_copy_config).
OWN_KEYS = ('snapstate', 'snaptime', 'description', 'vmstate')
# Storages that go back to a snapshot only while it is their newest (ZFSPoolPlugin.pm:610 of pve-storage 9.1.7).
NEWEST_ONLY = ('zfspool', 'zfs')


class Snapshots:
    """Mixin of the node: which VMs can have snapshots, and how one goes back to them."""

    storages: dict[str, dict[str, Any]]

    def _qm_can_snapshot(self, config: dict[str, Any]) -> bool:
        """Whether each disk can have one: qcow2 on LVM, too (has_feature of QemuConfig.pm; LVMPlugin.pm:1379 of pve-storage 9.1.7)."""
        on_lvm = {key for key, volume, _props in drives_of(config, skip_cdrom=True) if self._is_chained(volume)}
        return super()._qm_can_snapshot({key: value for key, value in config.items() if key not in on_lvm})

    def _is_chained(self, volume: str) -> bool:
        sid, name = volume_ref(volume)
        return self.storages.get(sid or '', {}).get('type') == 'lvm' and name.endswith('.qcow2')

    async def _qm_rollback(self, v: dict[str, Any], user: str) -> str:
        """Goes back (AbstractConfig.pm:1118, snapshot_rollback): checks, stops the VM, locks it, and gives it the snapshot's settings;
        it stays stopped unless it is to start (PVE/API2/Qemu.pm:6369)."""
        vm, name = self.find(v['node'], v['vmid']), v['snapname']
        if v.get('start'):
            self.require(user, f'/vms/{vm.vmid}', 'VM.PowerMgmt')

        async def body() -> None:
            snapshot = self._to_go_back_to(vm, name)
            vm.status = vm.qmpstatus = 'stopped'
            self.processes.pop(vm.vmid, None)
            self._qm_lock(vm, 'rollback')
            try:
                self._go_back(vm, name, snapshot)
            finally:
                self._qm_lock(vm, None)
            if v.get('start'):
                await self.started(vm, runs)

        async def runs() -> None:
            vm.status = vm.qmpstatus = 'running'
            vm.started_at = time.time()
        return await self.task(vm.node, 'qmrollback', vm.vmid, user, body, vm=vm, lock=False)

    def _to_go_back_to(self, vm: FakeVm, name: str) -> dict[str, Any]:
        if vm.template:
            raise TaskError("you can't rollback if vm is a template")
        snapshot = vm.snapshots.get(name)
        if snapshot is None:
            raise TaskError(f"snapshot '{name}' does not exist")
        newer = list(vm.snapshots)[list(vm.snapshots).index(name) + 1:]
        for key, volume, _props in drives_of(snapshot, skip_cdrom=True):
            sid = volume_ref(volume)[0]
            later = any(split_drive(vm.snapshots[other].get(key, ''))[0] == volume for other in newer)
            if later and self.storages.get(sid or '', {}).get('type') in NEWEST_ONLY:
                raise TaskError(f"can't rollback, '{name}' is not most recent snapshot on '{volume}'")
        if snapshot.get('snapstate'):
            raise TaskError(f'unable to rollback to incomplete snapshot (snapstate = {snapshot["snapstate"]})')
        if vm.lock:
            raise TaskError(f'VM is locked ({vm.lock})')
        return snapshot

    def _go_back(self, vm: FakeVm, name: str, snapshot: dict[str, Any]) -> None:
        """Gives a VM a snapshot's settings. Its notes and unused disks stay, and a disk that the snapshot has not becomes one
        (AbstractConfig.pm:709, __snapshot_apply_config; QemuConfig.pm, __snapshot_rollback_get_unused)."""
        before = drives_named(vm)
        kept = {key: value for key, value in vm.config.items() if key == 'description' or key.startswith('unused')}
        vm.config = {**{key: value for key, value in snapshot.items() if key not in OWN_KEYS}, **kept, 'parent': name, 'lock': 'rollback'}
        vm.pending = {}
        if vm.config.get('vmgenid'):
            vm.config['vmgenid'] = str(uuid.uuid4())
        # A cloud-init drive's volume is no part of a snapshot, and is written at the next start.
        self.release_replaced(vm, [(key, value) for key, value in before if not is_cloudinit_drive(value)])
        for key, volume, props in drives_of(vm.config, skip_cdrom=True):
            held = self._qm_volume(volume) if is_drive(key) else None
            if held is not None and props.get('size'):
                held['size'] = _bytes(props['size'])
        vm.name = vm.config.get('name') or f'VM {vm.vmid}'


def _bytes(text: str) -> int:
    return int(float(text.rstrip('KMGT')) * SIZE_UNITS.get(text[-1:], 1))
