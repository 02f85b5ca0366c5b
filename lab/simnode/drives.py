"""Drives and their volumes: cloud-init drives, unused disks and growing."""

import hashlib
import json
from typing import Any

from fakepve.lxc import SIZE_UNITS, format_size
from fakepve.model import FakeVm, PveError, TaskError
from fakepve.qemu import NEW_DISK, drives_of, is_cdrom, join_drive, split_drive, volume_ref
from fakepve.routing import die, param_error
from fakepve.storage import _is_file

from .handling import require_lock_kept
from .options import UNUSED_KEY, is_cloudinit_drive, is_cloudinit_key, is_drive

# Bytes of a cloud-init drive (PVE::QemuServer::Cloudinit::CLOUDINIT_DISK_SIZE).
CLOUDINIT_SIZE = 4 * SIZE_UNITS['M']
# Property of a new drive: a disk image that it is made from.
IMPORT = 'import-from'


class Drives:
    """Mixin of the node: what happens to volumes when drives come, go, grow and are cloned."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Bytes of disk images that lie in files of the host, by their paths.
        self.images: dict[str, int] = {}

    def _routes_drives(self) -> list[tuple[str, str, Any]]:
        one = '/nodes/{node}/qemu/{vmid}'
        return [('PUT', one + '/resize', self._resize), ('PUT', one + '/cloudinit', self._cloudinit_regenerate),
                ('PUT', one + '/unlink', self._unlink)]

    async def _unlink(self, v: dict[str, Any], user: str) -> None:
        """Deletes drives from the configuration, as a change of it does (PVE/API2/Qemu.pm, unlink)."""
        await self._apply_config(self.find(v['node'], v['vmid']), user, {
            'delete': v['idlist'], **({'force': v['force']} if v.get('force') else {})})

    async def _resize(self, v: dict[str, Any], user: str) -> str:
        """Grows a disk in a task, which also makes every check (PVE::API2::Qemu, resize_vm)."""
        vm = self.find(v['node'], v['vmid'])
        require_lock_kept(user, v)

        async def body() -> None:
            try:
                if v.get('digest') and v['digest'] != vm.digest():
                    raise die('checksum mismatch (file change by other user?)')
                if not v.get('skiplock'):
                    self._check_lock(vm)
                self._grow(vm, v['disk'], str(v['size']), user)
            except PveError as failure:
                raise TaskError(failure.message) from failure
        return await self.task(vm.node, 'resize', vm.vmid, user, body, vm=vm)

    def _grow(self, vm: FakeVm, key: str, size_text: str, user: str) -> None:
        if key not in vm.config:
            raise die(f"disk '{key}' does not exist")
        volume, props = split_drive(vm.config[key])
        if ':' not in volume:
            # An empty CD drive, and the host's own, are read as a volume first (PVE::Storage::parse_volname).
            raise die(f"unable to parse volume ID '{volume}'")
        if is_cdrom(volume, props):
            raise die("you can't resize a cdrom")
        self.require(user, f'/storage/{volume_ref(volume)[0]}', 'Datastore.AllocateSpace')
        held = self._qm_volume(volume)
        if held is None:
            raise die(f"Could not determine current size of volume '{volume}'")
        size = _new_size(size_text, held['size'])
        if size < held['size']:
            raise die('shrinking disks is not supported')
        held['size'] = size
        vm.config[key] = join_drive(volume, {**props, 'size': format_size(size)})

    async def _cloudinit_regenerate(self, v: dict[str, Any], user: str) -> None:
        vm = self.find(v['node'], v['vmid'])
        self._check_lock(vm)
        self.write_cloudinit_drive(vm)

    def write_cloudinit_drive(self, vm: FakeVm) -> None:
        """Puts the VM's cloud-init values on its cloud-init drive, if it has one: at each start and when asked."""
        for _key, volume, _props in drives_of(vm.config):
            held = self._qm_volume(volume) if is_cloudinit_drive(volume) else None
            if held is not None:
                held['holds'] = cloudinit_digest(vm.config)

    def _qm_free(self, volid: str) -> None:
        # A destroyed VM's ISO images belong to no VM: vm_is_volid_owner keeps PVE from freeing them.
        held = self._qm_volume(volid)
        if held is None or held.get('content') in ('images', 'rootdir'):
            super()._qm_free(volid)

    def _qm_check_drive(self, user: str, vmid: int, pool: str | None, key: str, value: str, default: Any) -> None:
        if split_drive(value)[0] == 'cdrom':
            # The host's own CD drive (check_storage_access); an empty one, `none`, asks for nothing.
            self.require(user, '/', 'Sys.Console')
        super()._qm_check_drive(user, vmid, pool, key, value, default)
        _check_import(user, key, value)

    def _qm_new_drive(self, vmid: int, key: str, value: str, default: str | None) -> tuple[str, list[str]]:
        volume, props = split_drive(value)
        if volume_ref(volume)[1] == 'cloudinit':
            return self._new_cloudinit_drive(vmid, volume_ref(volume)[0] or default, props)
        if IMPORT in props:
            return self._imported(vmid, volume_ref(volume)[0] or default, props)
        if key == 'efidisk0' and NEW_DISK.match(volume) and props.get('pre-enrolled-keys') == '1':
            # What is enrolled is noted (create_efidisk, src/PVE/QemuServer.pm:9158 of qemu-server 8.4.10).
            value = join_drive(volume, {**props, 'ms-cert': '2023k'})
        return super()._qm_new_drive(vmid, key, value, default)

    def _imported(self, vmid: int, sid: str, props: dict[str, str]) -> tuple[str, list[str]]:
        """Makes a disk of an image's own size (qemu-server 9.2.6, src/PVE/API2/Qemu.pm:604, do_import)."""
        props = dict(props)
        source = props.pop(IMPORT)
        if source not in self.images:
            raise die(f"can't find file '{source}'")
        volid, _kind = self._qm_alloc(sid, vmid, props.pop('format', None), self.images[source])
        return join_drive(volid, {**props, 'size': format_size(self.images[source])}), [volid]

    def _new_cloudinit_drive(self, vmid: int, sid: str, props: dict[str, str]) -> tuple[str, list[str]]:
        """Makes the volume of a cloud-init drive, whose name says what it is (PVE::API2::Qemu, create_disks)."""
        store = self._store(sid)
        on_files = _is_file(store)
        kind = props.get('format') or ('qcow2' if on_files else 'raw')
        name = f'{vmid}/vm-{vmid}-cloudinit.{kind}' if on_files else f'vm-{vmid}-cloudinit'
        volumes = store.setdefault('volumes', {})
        if name in volumes:
            vg = store.get('vgname', 'pve')
            raise die(f"lvcreate '{vg}/{name}' error:   Logical Volume \"{name}\" already exists in volume group "
                      f'"{vg}"')
        volumes[name] = {'content': 'images', 'format': kind, 'size': CLOUDINIT_SIZE, 'vmid': vmid, 'ctime': 0}
        rest = {name: text for name, text in props.items() if name != 'format'}
        return join_drive(f'{sid}:{name}', {**rest, 'media': 'cdrom'}), [f'{sid}:{name}']

    def clone_cloudinit_drives(self, vm: FakeVm, storage: str | None) -> None:
        """Gives a clone a cloud-init drive of its own where it has the template's (PVE::QemuServer::clone_disk)."""
        for key, volume, props in drives_of(vm.config):
            if is_cloudinit_drive(volume):
                props = {**props, 'size': format_size(CLOUDINIT_SIZE)}
                vm.config[key], _made = self._new_cloudinit_drive(vm.vmid, storage or volume_ref(volume)[0], props)

    def release_replaced(self, vm: FakeVm, before: list[tuple[str, str]], free: bool = False) -> None:
        """Deals with the volumes of drives that the VM names no more; before is what drives_named() gave.

        A disk becomes an unused one, and a cloud-init drive or an unused disk is freed
        (vmconfig_register_unused_drive); free: disks are freed too, as `force` asks for.
        """
        used = {split_drive(value)[0] for key, value in vm.config.items() if is_drive(key)}
        for key in [key for key in vm.config if UNUSED_KEY.fullmatch(key) and vm.config[key] in used]:
            # write_vm_config drops an unused disk that is a drive again.
            del vm.config[key]
        kept = {split_drive(value)[0] for _key, value in drives_named(vm)}
        for key, value in before:
            volume, props = split_drive(value)
            if volume in kept or self._qm_volume(volume) is None:
                continue
            if free or UNUSED_KEY.fullmatch(key) or is_cloudinit_drive(volume):
                self._qm_free(volume)
            elif not is_cdrom(volume, props):
                vm.config[self._free_unused(vm)] = volume

    @staticmethod
    def _free_unused(vm: FakeVm) -> str:
        return next(key for n in range(256) if (key := f'unused{n}') not in vm.config)

    def _vm_maxdisk(self, vm: FakeVm) -> int:
        """Bytes of the first disk that the VM boots from (PVE::QemuServer::bootdisk_size)."""
        order = str(vm.config.get('boot', '')).removeprefix('order=').split(';')
        for key in [*order, *sorted(k for k in vm.config if is_drive(k))]:
            volume, props = split_drive(vm.config.get(key, ''))
            held = None if is_cdrom(volume, props) else self._qm_volume(volume)
            if held is not None:
                return held['size']
        return 0


def _check_import(user: str, key: str, value: Any) -> None:
    """Checks of an image to import (Qemu.pm:119, check_drive_param; PVE/Storage.pm:651, check_volume_access)."""
    volume, props = split_drive(value)
    source = props.get(IMPORT)
    if source is None:
        return
    found = NEW_DISK.match(volume)
    if not found or float(found[2]) != 0:
        raise param_error(**{key: f"'{IMPORT}' requires special syntax - use <storage ID>:0,{IMPORT}=<source>"})
    if not source.startswith('/'):
        raise NotImplementedError(f'{IMPORT} of a volume is not modelled: {source}')
    if user != 'root@pam':
        raise die('Only root can pass arbitrary filesystem paths.')


def drives_named(vm: FakeVm) -> list[tuple[str, str]]:
    """The drives that the VM's configuration names, waiting and unused ones included, in a fixed order."""
    entries = [*sorted(vm.config.items()), *sorted((k, v) for k, v in vm.pending.items() if v is not None)]
    return [(key, value) for key, value in entries if is_drive(key) or UNUSED_KEY.fullmatch(key)]


def cloudinit_digest(config: dict[str, Any]) -> str:
    """What a cloud-init drive holds, in a form to compare: equal exactly when name, NICs and cloud-init values are."""
    values = {key: str(config[key]) for key in config if is_cloudinit_key(key) or key == 'name' or key[:3] == 'net'}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _new_size(text: str, current: int) -> int:
    """Bytes that a size such as 20G or +5G asks for; a bare number counts bytes."""
    grow, text = text.startswith('+'), text.lstrip('+')
    unit = SIZE_UNITS.get(text[-1:], 1)
    size = int(float(text.rstrip('KMGT')) * unit)
    return current + size if grow else size
