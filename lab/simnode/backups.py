"""Backups with vzdump (PVE::API2::VZDump, PVE::VZDump): one task for the VMs of a request, and an archive of each."""

import time
from typing import Any

from fakepve.lxc import SIZE_UNITS
from fakepve.model import FakeVm, TaskError
from fakepve.routing import split_list

# An archive's share of the disks' size: guests are empty here.
ARCHIVE_SIZE = 512 * SIZE_UNITS['M']
SUFFIXES = {'zstd': '.vma.zst', 'gzip': '.vma.gz', '1': '.vma.lzo', 'lzo': '.vma.lzo', '0': '.vma'}


class Backups:
    """Mixin of the node: POST vzdump."""

    def _routes_backups(self) -> list[tuple[str, str, Any]]:
        return [('POST', '/nodes/{node}/vzdump', self._vzdump)]

    async def _vzdump(self, v: dict[str, Any], user: str) -> str:
        """Backs VMs up; the storage's privilege is asked for at once, the rest in the task, as PVE does."""
        sid = v.get('storage') or 'local'
        self._store(sid)
        self.require(user, f'/storage/{sid}', 'Datastore.AllocateSpace')
        vmids = [int(vmid) for vmid in split_list(v.get('vmid'))]

        async def body() -> str:
            if 'backup' not in split_list(self.storages[sid].get('content')):
                raise TaskError(f"could not get storage information for '{sid}': can't use storage '{sid}' for backups - "
                                'wrong content type')
            for vmid in vmids:
                if not self.allowed(user, f'/vms/{vmid}', 'VM.Backup'):
                    raise TaskError(f'Permission check failed (/vms/{vmid}, VM.Backup)')
                await self._archive(self.find(v['node'], vmid), sid, SUFFIXES[str(v.get('compress', '0'))])
            return 'INFO: Backup job finished successfully'
        tid = vmids[0] if len(vmids) == 1 else ''
        return await self.task(v['node'], 'vzdump', tid, user, body,
                               log=[f'INFO: starting new backup job: vzdump {" ".join(map(str, vmids))}'])

    async def _archive(self, vm: FakeVm, sid: str, suffix: str) -> None:
        stamp = time.strftime('%Y_%m_%d-%H_%M_%S')
        vm.lock = 'backup'
        try:
            await self.pause(1)
        finally:
            vm.lock = None
        self.storages[sid].setdefault('volumes', {})[f'backup/vzdump-qemu-{vm.vmid}-{stamp}{suffix}'] = {
            'content': 'backup', 'format': suffix[1:], 'size': ARCHIVE_SIZE, 'vmid': vm.vmid, 'ctime': int(time.time())}
