"""VMs that come back from a backup (PVE/API2/Qemu.pm of qemu-server 9.2.6, create_vm with `archive`).

Line numbers are of src/PVE/API2/Qemu.pm where a file is not named.
"""

import copy
import uuid
from typing import Any

from fakepve.model import FakeVm, PveError, TaskError
from fakepve.qemu import CREATE_ONLY, DRIVE_KEY, join_drive, natural, split_drive, volume_ref, with_mac
from fakepve.routing import die, param_error, split_list

from .options import NET_KEY, is_cloudinit_drive, net_properties

# Keys of an archive's configuration that no restored VM has (src/PVE/QemuServer.pm:6700, restore_update_config_line).
NOT_RESTORED = ('lock', 'parent', 'vmgenid')


class Restores:
    """Mixin of the node: POST qemu with an archive."""

    storages: dict[str, dict[str, Any]]

    async def _qm_create(self, v: dict[str, Any], user: str) -> Any:
        if not v.get('archive'):
            return await super()._qm_create(v, user)
        vmid, pool = int(v['vmid']), v.get('pool')
        self._qm_check_pool(pool)
        if v.get('storage'):
            self.require(user, f'/storage/{v["storage"]}', 'Datastore.AllocateSpace')
        if v.get('start'):
            self._qm_perm(user, vmid, pool, 'VM.PowerMgmt')
        self._require_allocation(v, vmid, user)
        override = {key: value for key, value in v.items() if key not in CREATE_ONLY}
        for key in override:
            if DRIVE_KEY.match(key):
                raise param_error(**{key: "option conflicts with option 'archive'"})
        archive = self._archive_of(v['archive'], vmid, user)
        for key in sorted(override):
            self._qm_perm(user, vmid, pool, self._config_priv(key))
        emsg = f'unable to restore VM {vmid} -'
        is_new = self.vm(vmid) is None
        vm = self._taken_or_new(v, vmid, emsg)

        async def body() -> str:
            try:
                self._require_replaceable(vm, emsg)
                for key, value in {**archive['config'], **override}.items():
                    if NET_KEY.fullmatch(key):
                        self.require_bridge(user, net_properties(value))
                self._restore(vm, archive, v, user)
            except (PveError, TaskError) as failure:
                self._qm_lock(vm, None)
                if is_new:
                    self.vms.remove(vm)
                raise TaskError(getattr(failure, 'message', None) or str(failure)) from failure
            vm.config.update({key: with_mac(value) if NET_KEY.fullmatch(key) else value for key, value in override.items()})
            vm.name = vm.config.get('name') or f'VM {vmid}'
            vm.template = vm.config.get('template') in (1, '1')
            self._qm_lock(vm, None)
            if pool:
                self._pool_join(pool, vmid)
            if v.get('start'):
                vm.status = vm.qmpstatus = 'running'
            return 'TASK OK'
        # No `vm`: what fakepve does around a task that makes one is not wanted for one that is there.
        return await self.task(v['node'], 'qmrestore', vmid, user, body)

    def _require_allocation(self, v: dict[str, Any], vmid: int, user: str) -> None:
        """VM.Allocate on the VM or its pool; VM.Backup is enough to restore one that is there (line 1304)."""
        over = v.get('force') and self.vm(vmid) is not None and self.allowed(user, f'/vms/{vmid}', 'VM.Backup')
        if not (self.allowed(user, f'/vms/{vmid}', 'VM.Allocate') or over
                or (v.get('pool') and self.allowed(user, f'/pool/{v["pool"]}', 'VM.Allocate'))):
            raise PveError(403, 'Permission check failed')

    def _archive_of(self, volid: str, vmid: int, user: str) -> dict[str, Any]:
        """An archive that the caller may read: one of the VM itself at any rate (src/PVE/Storage.pm:619 of pve-storage 9.1.7,
        check_volume_access, to which create_vm names the VMID at line 1333)."""
        sid, name = volume_ref(volid)
        if sid is None:
            raise die('Only root can pass arbitrary filesystem paths.')
        vtype, owner, _format = self._parse_volname(self._store(sid), name)
        if vtype != 'backup':
            raise die(f"unable to use volume {volid} - content type needs to be 'backup'")
        if owner != vmid:
            self._check_access(user, sid, vtype, owner, volid)
        held = self.storages[sid].get('volumes', {}).get(name)
        if held is None or 'archive' not in held:
            raise die(f"volume '{volid}' does not exist")
        return held['archive']

    def _taken_or_new(self, v: dict[str, Any], vmid: int, emsg: str) -> FakeVm:
        """The VM that is restored, locked (create_and_lock_config of pve-guest-common's AbstractConfig.pm)."""
        vm = self.vm(vmid)
        if (vm is not None and not v.get('force')) or (vm is None and self._qm_taken(vmid)):
            kind, where = ('VM', vm) if vm else ('CT', self.guest(vmid))
            raise PveError(500, f"{emsg} {kind} {vmid} already exists on node '{where.node}'")
        if vm is None:
            vm = FakeVm(vmid, f'VM {vmid}', node=v['node'])
            vm.config.pop('name', None)
            self.vms.append(vm)
        elif vm.lock:
            raise PveError(500, f'{emsg} VM is locked ({vm.lock})')
        self._qm_lock(vm, 'create')
        return vm

    @staticmethod
    def _require_replaceable(vm: FakeVm, emsg: str) -> None:
        if vm.config.get('protection') in (1, '1', True):
            raise TaskError(f"{emsg} - protection mode enabled")
        if vm.status == 'running':
            raise TaskError(f'{emsg} vm is running')

    def _restore(self, vm: FakeVm, archive: dict[str, Any], v: dict[str, Any], user: str) -> None:
        """Gives a VM what the archive has (src/PVE/QemuServer.pm:7541, restore_vma_archive): its firewall's file, new volumes, and
        the configuration with them; a volume that the VM had beside them becomes an unused one (6541, restore_cleanup_oldconf)."""
        config, disks = copy.deepcopy(archive['config']), archive['disks']
        for key in disks:
            sid = v.get('storage') or volume_ref(split_drive(config[key])[0])[0] or 'local'
            if 'images' not in split_list(self._store(sid).get('content')):
                raise die(f"Content type 'images' is not available on storage '{sid}'")
            self.require(user, f'/storage/{sid}', 'Datastore.AllocateSpace')
        left = self._free_restored(vm, disks)
        # PVE puts an empty configuration in the old one's place first, so that the names of what was freed are free.
        vm.config = {'lock': 'create', **{f'unused{n}': volid for n, volid in enumerate(left)}}
        if archive['firewall'] is not None:
            self._fw()['guests'][vm.vmid] = copy.deepcopy(archive['firewall'])
        for key in sorted(disks, key=natural):
            config[key] = self._restored_drive(vm.vmid, config[key], disks[key], v.get('storage'))
        dropped = [key for key in config if key in NOT_RESTORED or key.startswith('unused')
                   or (DRIVE_KEY.match(key) and split_drive(config[key])[1].get('backup') == '0')]
        kept = {key: value for key, value in config.items() if key not in dropped}
        # The line of a disk without backups becomes a comment, which PVE reads as a part of the description (6736).
        comments = [f'{key}: {config[key]}' for key in sorted(dropped, key=natural) if DRIVE_KEY.match(key)]
        if comments:
            kept['description'] = ''.join(f'{line}\n' for line in [*str(kept.get('description', '')).splitlines(), *comments])
        vm.pending, vm.snapshots = {}, {}
        vm.config = {**kept, 'vmgenid': str(uuid.uuid4()), **{f'unused{n}': volid for n, volid in enumerate(left)}}
        if v.get('unique'):
            vm.config.update({key: with_mac(value, fresh=True) for key, value in vm.config.items() if NET_KEY.fullmatch(key)})
            vm.config['smbios1'] = f'uuid={uuid.uuid4()}'

    def _free_restored(self, vm: FakeVm, disks: dict[str, int]) -> list[str]:
        """Frees the VM's volumes that the archive has, and those of cloud-init; gives back its others."""
        drives = {key: split_drive(value)[0] for key, value in vm.config.items() if DRIVE_KEY.match(key)}
        freed = {key for key, volume in drives.items() if key in disks or is_cloudinit_drive(volume)}
        for key in freed:
            self._qm_free(drives[key])
        return [volume for key, volume in drives.items() if key not in freed and ':' in volume]

    def _restored_drive(self, vmid: int, value: str, size: int, storage: str | None) -> str:
        volume, props = split_drive(value)
        sid = storage or volume_ref(volume)[0] or 'local'
        if is_cloudinit_drive(volume):
            return self._new_cloudinit_drive(vmid, sid, props)[0]
        volid, _format = self._qm_alloc(sid, vmid, None, size)
        return join_drive(volid, {key: text for key, text in props.items() if key != 'format'})
