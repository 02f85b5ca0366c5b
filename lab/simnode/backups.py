"""Backups with vzdump (PVE::API2::VZDump, PVE::VZDump): one task for the VMs of a request, an archive of each, and what is
pruned then. Line numbers are of pve-manager 9.2.11, and of pve-storage where it says so."""

import copy
import re
import time
from collections.abc import Callable
from typing import Any

from fakepve.lxc import SIZE_UNITS, split_props
from fakepve.model import FakeVm, TaskError
from fakepve.qemu import drives_of, is_cdrom, volume_ref
from fakepve.routing import die, param_error, split_list

# An archive's share of the disks' size: guests are empty here.
ARCHIVE_SIZE = 512 * SIZE_UNITS['M']
SUFFIXES = {'zstd': '.vma.zst', 'gzip': '.vma.gz', '1': '.vma.lzo', 'lzo': '.vma.lzo', '0': '.vma'}
# How archives are told apart by a rule of what is kept (PVE/Storage.pm:2028, prune_mark_backup_group): local time.
PERIODS = {'keep-last': None, 'keep-hourly': '%Y-%m-%d %H', 'keep-daily': '%Y-%m-%d', 'keep-weekly': '%G-%V',
           'keep-monthly': '%Y-%m', 'keep-yearly': '%Y'}
NOTE_WORDS = re.compile(r'\{\{(cluster|guestname|node|vmid)\}\}')


class Backups:
    """Mixin of the node: POST vzdump."""

    storages: dict[str, dict[str, Any]]

    def _routes_backups(self) -> list[tuple[str, str, Any]]:
        return [('POST', '/nodes/{node}/vzdump', self._vzdump),
                ('GET', '/nodes/{node}/vzdump/extractconfig', self._extract_config)]

    async def _extract_config(self, v: dict[str, Any], user: str) -> str:
        """The configuration in an archive, as the VM's file had it (PVE/API2/VZDump.pm:269 of pve-manager 9.2.11): for who may back
        its VM up, wherever the archive lies."""
        sid, name = volume_ref(v['volume'])
        self._store(sid)
        held = self.storages[sid].get('volumes', {}).get(name)
        owner = self._parse_volname(self._store(sid), name)[1]
        self._check_access(user, sid, 'backup', owner, v['volume'])
        self.require(user, f'/vms/{owner}', 'VM.Backup')
        if held is None or 'archive' not in held:
            raise die(f"volume '{v['volume']}' does not exist")
        config = dict(held['archive']['config'])
        notes = [f'#{line}' for line in str(config.pop('description', '')).splitlines()]
        lines = [f'{key}: {value}' for key, value in sorted(config.items())]
        return ''.join(f'{line}\n' for line in [*notes, *lines])

    async def _vzdump(self, v: dict[str, Any], user: str) -> str:
        """Backs VMs up; the storage's privileges are asked for at once, the rest in the task, as PVE does."""
        sid = v.get('storage') or 'local'
        self.require_backup_options(user, v)
        if 'prune-backups' in v and user != 'root@pam':
            self.require(user, f'/storage/{sid}', 'Datastore.Allocate')
        require_vzdump_parameters(v)
        self._store(sid)
        self.require(user, f'/storage/{sid}', 'Datastore.AllocateSpace')
        vmids = self._included(v)
        if not vmids and not v.get('all'):
            return 'OK'

        async def body() -> str:
            if 'backup' not in split_list(self.storages[sid].get('content')):
                raise TaskError(f"could not get storage information for '{sid}': can't use storage '{sid}' for backups - "
                                'wrong content type')
            for vmid in vmids:
                if not self.allowed(user, f'/vms/{vmid}', 'VM.Backup'):
                    raise TaskError(f'Permission check failed (/vms/{vmid}, VM.Backup)')
                await self._archive(self.find(v['node'], vmid), sid, v, user)
                self._prune(sid, vmid, v)
            return 'INFO: Backup job finished successfully'
        tid = vmids[0] if len(vmids) == 1 else ''
        return await self.task(v['node'], 'vzdump', tid, user, body,
                               log=[f'INFO: starting new backup job: vzdump {" ".join(map(str, vmids))}'])

    def require_backup_options(self, user: str, v: dict[str, Any]) -> None:
        """Options of a backup, or of a job, that not everybody may set (PVE/API2/Backup.pm:38, assert_param_permission_common)."""
        if user == 'root@pam':
            return
        for key in ('tmpdir', 'dumpdir', 'script', 'job-id'):
            if key in v:
                raise param_error(**{key: 'Only root may set this option.'})
        if any(v.get(key) is not None for key in ('bwlimit', 'ionice', 'performance')):
            self.require(user, '/', 'Sys.Modify')

    def _included(self, v: dict[str, Any]) -> list[int]:
        """VMIDs of a request's guests (PVE/VZDump.pm:1580, get_included_guests)."""
        if v.get('pool'):
            return sorted(self.pools.get(v['pool'], ()))
        if v.get('vmid'):
            return [int(vmid) for vmid in split_list(v['vmid'])]
        left_out = {int(vmid) for vmid in split_list(v.get('exclude'))}
        return sorted(vm.vmid for vm in self.vms if vm.vmid not in left_out) if v.get('all') else []

    async def _archive(self, vm: FakeVm, sid: str, v: dict[str, Any], user: str) -> None:
        """Writes a VM with its disks and its firewall's file (PVE/VZDump/QemuServer.pm, assemble) to the storage."""
        if vm.lock:
            raise TaskError(f'VM is locked ({vm.lock})')
        volumes = self.storages[sid].setdefault('volumes', {})
        if v.get('protected'):
            self._require_protectable(sid, vm.vmid, user)
        vm.lock = 'backup'
        try:
            await self.pause(1)
        finally:
            vm.lock = None
        # No two backups of a VM begin within a second: each waits for the one before.
        ctime, suffix = int(time.time()), SUFFIXES[str(v.get('compress', '0'))]
        while (name := _name(vm.vmid, ctime, suffix)) in volumes:
            ctime += 1
        template = v.get('notes-template')
        volumes[name] = {'content': 'backup', 'format': suffix[1:], 'size': ARCHIVE_SIZE, 'vmid': vm.vmid, 'ctime': ctime,
                         **({'notes': _notes(template, vm)} if template else {}),
                         **({'protected': True} if v.get('protected') else {}), 'archive': self._contents(vm)}

    def _contents(self, vm: FakeVm) -> dict[str, Any]:
        """Everything of a VM that an archive holds: no snapshots, nothing that waits, no disk with backup=0."""
        disks = {key: (self._qm_volume(volume) or {'size': 0})['size'] for key, volume, props in drives_of(vm.config)
                 if ':' in volume and not (is_cdrom(volume, props) and 'cloudinit' not in volume) and props.get('backup') != '0'}
        return copy.deepcopy({'config': {key: value for key, value in vm.config.items() if key != 'lock'}, 'disks': disks,
                              'firewall': self._fw()['guests'].get(vm.vmid)})

    def _require_protectable(self, sid: str, vmid: int, user: str) -> None:
        """Raises what PVE says where a storage has all the protected backups of a guest that it takes: 5 where it does not say,
        and any number for who may allocate there (src/PVE/Storage.pm:312 of pve-storage 9.1.7, get_max_protected_backups)."""
        any_number = -1 if self.allowed(user, f'/storage/{sid}', 'Datastore.Allocate') else 5
        most = int(self.storages[sid].get('max-protected-backups', any_number))
        if -1 < most <= sum(1 for one in self._backups_of(sid, vmid).values() if one.get('protected')):
            raise TaskError(f"The number of protected backups per guest is limited to {most} on storage '{sid}'")

    def _backups_of(self, sid: str, vmid: int) -> dict[str, dict[str, Any]]:
        return {name: one for name, one in self.storages[sid].get('volumes', {}).items()
                if one.get('content') == 'backup' and one.get('vmid') == vmid}

    def _prune(self, sid: str, vmid: int, v: dict[str, Any]) -> None:
        """Removes a VM's backups that no rule keeps: the request's, else the storage's (PVE/VZDump.pm:699); protected ones stay
        and count for none (PVE/Storage/Plugin.pm, prune_backups)."""
        rules = split_props(v.get('prune-backups') or self.storages[sid].get('prune-backups') or 'keep-all=1')[1]
        if str(v.get('remove', '1')) in ('0', 'false'):
            return
        there = {name: one['ctime'] for name, one in self._backups_of(sid, vmid).items() if not one.get('protected')}
        for name in there.keys() - kept(there, {key: int(count) for key, count in rules.items()}):
            del self.storages[sid]['volumes'][name]


def kept(archives: dict[str, int], rules: dict[str, int]) -> set[str]:
    """Names of archives, given with their times, that rules keep: the newest of each period that is not kept yet
    (PVE/Storage.pm:1998, prune_mark)."""
    if rules.get('keep-all') or not any(rules.get(rule) for rule in PERIODS):
        return set(archives)
    marks: dict[str, bool] = {}
    newest_first = sorted(archives, key=lambda name: archives[name], reverse=True)
    for rule, period in PERIODS.items():
        if rules.get(rule):
            _mark(newest_first, marks, rules[rule], _period_of(archives, period))
    return {name for name, stays in marks.items() if stays}


def _period_of(archives: dict[str, int], period: str | None) -> Callable[[str], Any]:
    return lambda name: archives[name] if period is None else time.strftime(period, time.localtime(archives[name]))


def _mark(newest_first: list[str], marks: dict[str, bool], count: int, period_of: Callable[[str], Any]) -> None:
    already = {period_of(name) for name in newest_first if marks.get(name)}
    newly: set[Any] = set()
    for name in newest_first:
        period = period_of(name)
        if name in marks or period in already:
            continue
        if period not in newly and len(newly) >= count:
            break
        marks[name] = period not in newly
        newly.add(period)


def require_vzdump_parameters(v: dict[str, Any]) -> None:
    """Raises PVE's 400 for parameters that contradict each other (PVE/VZDump.pm:1527, verify_vzdump_parameters)."""
    if v.get('all') and v.get('vmid'):
        raise param_error(all="option conflicts with option 'vmid'")
    if v.get('pool') and v.get('vmid'):
        raise param_error(pool="option conflicts with option 'vmid'")
    if v.get('exclude') and v.get('vmid'):
        raise param_error(exclude="option conflicts with option 'vmid'")
    wrong = [word for word in re.findall(r'\{\{([^\s{}]+)\}\}', v.get('notes-template') or '')
             if word not in ('cluster', 'guestname', 'node', 'vmid')]
    if wrong:
        raise param_error(**{'notes-template': f"found unknown: variable '{wrong[0]}'"})
    if not any(v.get(key) for key in ('all', 'exclude', 'stop', 'pool', 'vmid')):
        raise param_error(vmid='property is missing')


def _name(vmid: int, ctime: int, suffix: str) -> str:
    return f'backup/vzdump-qemu-{vmid}-{time.strftime("%Y_%m_%d-%H_%M_%S", time.localtime(ctime))}{suffix}'


def _notes(template: str, vm: FakeVm) -> str:
    """Notes of an archive by their template (PVE/VZDump.pm:120, generate_notes)."""
    words = {'cluster': 'standalone node', 'guestname': vm.name, 'node': vm.node, 'vmid': str(vm.vmid)}
    return NOTE_WORDS.sub(lambda found: words[found[1]], template.replace('\\n', '\n').replace('\\\\', '\\'))
