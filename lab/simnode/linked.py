"""Linked clones: which volumes can have them, how those are named, and what they keep from being removed.

Sources are of qemu-server 8.4.10 and of pve-storage's branch stable-8.
"""

import re
from contextvars import ContextVar
from typing import Any

from fakepve.model import FakeVm, PveError, TaskError
from fakepve.qemu import drives_of, is_cdrom, volume_ref
from fakepve.routing import die
from fakepve.storage import _is_file

from .options import is_cloudinit_drive

# Storages whose base images can have linked clones (volume_has_feature of PVE/Storage/*Plugin.pm, `clone`), and those whose
# linked clones have the base image in their names. LVM-thin and raw files on Btrfs are snapshots of their own.
CAPABLE = ('dir', 'nfs', 'cifs', 'btrfs', 'lvmthin', 'zfspool', 'zfs', 'rbd')
NAMED_AFTER_BASE = ('zfspool', 'zfs', 'rbd')
# Whether the request that is being answered asks for a linked clone.
LINKED: ContextVar[bool] = ContextVar('linked', default=False)


class Linked:
    """Mixin of the node: linked clones of templates."""

    def _routes_linked(self) -> list[tuple[str, str, Any]]:
        return [('GET', '/nodes/{node}/qemu/{vmid}/feature', self._feature)]

    async def _feature(self, v: dict[str, Any], user: str) -> dict[str, Any]:
        """Whether every disk of a VM has a feature (PVE/API2/Qemu.pm:4143, vm_feature; PVE/QemuConfig.pm, has_feature)."""
        vm = self.find(v['node'], v['vmid'])
        if v['feature'] == 'snapshot' and not v.get('snapname'):
            return {'hasFeature': int(self._qm_can_snapshot(vm.config)), 'nodes': [vm.node]}
        if v['feature'] != 'clone':
            raise PveError(501, f'the feature {v["feature"]} is not modelled by the simulated node')
        has = all(self.can_be_linked(volume) for _key, volume, _props in drives_of(vm.config, skip_cdrom=True))
        return {'hasFeature': int(has), 'nodes': [vm.node]}

    def can_be_linked(self, volume: str) -> bool:
        """Whether a linked clone can be made of a volume: a base image on a storage that has them."""
        sid, name = volume_ref(volume)
        store = self.storages.get(sid) if sid else None
        return store is not None and store.get('type') in CAPABLE and name.rsplit('/', 1)[-1].startswith('base-')

    async def _qm_clone(self, v: dict[str, Any], user: str) -> str:
        """Refuses a linked clone of what has none (PVE/API2/Qemu.pm:4437); a TPM's state and cloud-init's drive are copied."""
        source = self.find(v['node'], v['vmid'])
        linked = is_linked(v, source)
        if linked and not (v.get('storage') or v.get('format')) and not self._qm_taken(int(v['newid'])):
            self._check_lock(source)
            for key, volume, props in drives_of(source.config):
                copied = is_cdrom(volume, props) or is_cloudinit_drive(volume) or key == 'tpmstate0'
                if not copied and not self.can_be_linked(volume):
                    raise die(f"Linked clone feature is not supported for '{volume}' ({key})")
        token = LINKED.set(linked)
        try:
            return await super()._qm_clone(v, user)
        finally:
            LINKED.reset(token)

    def _qm_alloc(self, sid: str, vmid: int, fmt: str | None, size: int,
                  linked_from: str | None = None) -> tuple[str, str]:
        """Makes a volume. One that is linked has its base image in its name where the storage says so, and is qcow2 among
        files (clone_image of PVE/Storage/Plugin.pm:888, ZFSPoolPlugin.pm:630, RBDPlugin.pm, BTRFSPlugin.pm:286)."""
        if linked_from is None:
            return super()._qm_alloc(sid, vmid, fmt, size)
        store, base = self.storages[sid], linked_from.split('/')[-1]
        if self._is_tpm_state(sid, base) or store.get('type') == 'lvmthin' or _is_btrfs_raw(store, base):
            return super()._qm_alloc(sid, vmid, fmt, size)
        if _is_file(store):
            return super()._qm_alloc(sid, vmid, 'qcow2', size, linked_from=linked_from)
        volid, fmt = super()._qm_alloc(sid, vmid, fmt, size)
        name = volume_ref(volid)[1]
        store['volumes'][f'{base}/{name}'] = store['volumes'].pop(name)
        return f'{sid}:{base}/{name}', fmt

    def _is_tpm_state(self, sid: str, base: str) -> bool:
        states = [volume_ref(volume) for vm in self.vms for key, volume, _props in drives_of(vm.config)
                  if key == 'tpmstate0']
        return any(one == sid and name.split('/')[-1] == base for one, name in states)

    def _parse_volname(self, store: dict[str, Any], volname: str) -> Any:
        """A linked clone is the volume of its own VM, whatever its base is (parse_volname of each plugin)."""
        linked = re.fullmatch(r'(?:\d+/)?base-\d+-[^/]+/(.+)', volname)
        return super()._parse_volname(store, linked[1] if linked else volname)

    def base_in_use(self, volume: str) -> bool:
        """Whether a volume is a base image that a linked clone is named after (PVE/Storage.pm:591): one on LVM-thin never is,
        and may be removed while its clones live on."""
        sid, name = volume_ref(volume)
        volumes = self.storages.get(sid, {}).get('volumes', {}) if sid else {}
        return any(other.startswith(f'{name}/') for other in volumes)

    async def destroying(self, vm: FakeVm, body: Any) -> Any:
        """Destroys a VM, but no template whose base images are in use (PVE/QemuServer.pm:2231); a lock comes first."""
        if vm.template and not vm.lock:
            for _key, volume, _props in drives_of(vm.config, skip_cdrom=True):
                if self.base_in_use(volume):
                    raise TaskError(f"base volume '{volume}' is still in use by linked cloned")
        return await body()

    async def _content_delete(self, v: dict[str, Any], user: str) -> Any:
        """Removes a volume, but no base image that is in use (PVE/Storage.pm:1100)."""
        sid, volname, volid, _store, _type, owner, _fmt = self._volume_target(v)
        if not self.base_in_use(volid):
            return await super()._content_delete(v, user)
        self.require(user, f'/storage/{sid}', 'Datastore.Allocate')

        async def body() -> None:
            raise TaskError(f"base volume '{volname}' is still in use by linked clones")
        return await self.task(v['node'], 'imgdel', f'{owner}@{sid}', user, body, lock=False)


def is_linked(v: dict[str, Any], source: FakeVm) -> bool:
    """Whether a request asks for a linked clone, which is what a template gives by default (PVE/API2/Qemu.pm:4360)."""
    full = v.get('full')
    return bool(source.template) if full is None else not full


def _is_btrfs_raw(store: dict[str, Any], base: str) -> bool:
    return store.get('type') == 'btrfs' and base.endswith('.raw')
