"""Moving a VM's disk to another storage (PVE/API2/Qemu.pm:4626, move_vm_disk, of qemu-server 8.4.10)."""

from typing import Any

from fakepve.lxc import format_size
from fakepve.model import FakeVm, PveError, TaskError
from fakepve.qemu import is_cdrom, join_drive, split_drive, volume_ref
from fakepve.routing import die, param_error, split_list
from fakepve.storage import _is_file

from .drives import drives_named


class Moves:
    """Mixin of the node: disks that go from one of its storages to another, also while their VM runs."""

    def _routes_moves(self) -> list[tuple[str, str, Any]]:
        return [('POST', '/nodes/{node}/qemu/{vmid}/move_disk', self._move_disk)]

    async def _move_disk(self, v: dict[str, Any], user: str) -> str:
        vm, key, sid = self.find(v['node'], v['vmid']), v['disk'], v.get('storage')
        self.require(user, f'/vms/{vm.vmid}', 'VM.Config.Disk')
        if sid is None:
            raise PveError(501, 'moving a disk to another VM is not modelled by the simulated node')
        self.require(user, f'/storage/{sid}', 'Datastore.AllocateSpace')
        free = str(v.get('delete', '0')) in ('1', 'true')
        self._check_move(vm, key, sid, v)

        async def body() -> None:
            try:
                self._check_move(vm, key, sid, v)
                self._move(vm, key, sid, v.get('format'), free)
            except PveError as failure:
                raise TaskError(failure.message) from failure
        return await self.task(vm.node, 'qmmove', vm.vmid, user, body, vm=vm)

    def _check_move(self, vm: FakeVm, key: str, sid: str, v: dict[str, Any]) -> None:
        """$load_and_check_move, which is run before the task and in it."""
        self._check_lock(vm)
        if v.get('digest') and v['digest'] != vm.digest():
            raise die('checksum mismatch (file change by other user?)')
        if key not in vm.config:
            raise die(f"disk '{key}' does not exist")
        volume, props = split_drive(vm.config[key])
        if is_cdrom(volume, props):
            raise die("you can't move a cdrom")
        source, name = volume_ref(volume)
        kind = name.rpartition('.')[2] if '.' in name else None
        if source == sid and v.get('format') in (None, kind):
            raise die("you can't move to the same storage with same format")
        if 'images' not in split_list(self._check_enabled(sid, vm.node).get('content')):
            raise param_error(storage=f"storage '{sid}' does not support vm images")
        if v.get('delete') and any(split_drive(snapshot.get(key, ''))[0] == volume for snapshot in vm.snapshots.values()):
            raise die("you can't move a disk with snapshots and delete the source")

    def _move(self, vm: FakeVm, key: str, sid: str, kind: str | None, free: bool) -> None:
        if key == 'tpmstate0' and vm.status == 'running':
            # clone_disk (PVE/QemuServer.pm:8965).
            raise die('storage migration failed: cannot move TPM state while VM is running')
        before = drives_named(vm)
        volume, props = split_drive(vm.config[key])
        held = self._qm_volume(volume)
        # The source's format is taken where the target has it (PVE/QemuServer.pm:9199, resolve_dst_disk_format).
        hint = held['format'] if _is_file(self.storages[sid]) else None
        moved, _kind = self._qm_alloc(sid, vm.vmid, kind or hint, held['size'])
        vm.config[key] = join_drive(moved, {**props, 'size': format_size(held['size'])})
        self.release_replaced(vm, before, free=free)
