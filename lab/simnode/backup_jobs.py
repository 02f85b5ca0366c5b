"""Backup jobs (PVE/API2/Backup.pm of pve-manager 9.2.11): what is kept of each, who may change it. None is ever run here, and
`next-run` is not told."""

import re
import uuid
from typing import Any

from fakepve.model import PveError
from fakepve.lxc import split_props
from fakepve.routing import die, param_error, split_list

from .backups import require_vzdump_parameters

NUMBERS = r'(?:\*(?:/\d+)?|\d+(?:\.\.\d+)?(?:/\d+)?)(?:,(?:\*(?:/\d+)?|\d+(?:\.\.\d+)?(?:/\d+)?))*'
DAY = r'(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)'
DAYS = rf'{DAY}(?:\.\.{DAY})?(?:,{DAY}(?:\.\.{DAY})?)*'
WORDS = 'minutely|hourly|daily|weekly|monthly|yearly|annually|quarterly|semiannually|semi-annually'
DATE, TIME = rf'(?:{NUMBERS}-)?{NUMBERS}-{NUMBERS}', rf'{NUMBERS}(?::{NUMBERS}(?::{NUMBERS})?)?'
# As proxmox-time's calendar events are read; which numbers a place takes is not looked at.
CALENDAR_EVENT = re.compile(rf'(?:{WORDS})|(?=\S)(?:{DAYS})?(?:(?:^|\s+){DATE})?(?:(?:^|\s+){TIME})?', re.IGNORECASE)


class BackupJobs:
    """Mixin of the node: /cluster/backup."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # jobs.cfg: what each job was given, by its ID.
        self.backup_jobs: dict[str, dict[str, Any]] = {}

    def _routes_backup_jobs(self) -> list[tuple[str, str, Any]]:
        jobs, one = '/cluster/backup', '/cluster/backup/{id}'
        return [('GET', jobs, self._jobs), ('POST', jobs, self._create_job), ('GET', one, self._read_job),
                ('PUT', one, self._update_job), ('DELETE', one, self._delete_job)]

    async def _jobs(self, v: dict[str, Any], user: str) -> list[dict[str, Any]]:
        return [_told(name, job) for name, job in self.backup_jobs.items()]

    async def _read_job(self, v: dict[str, Any], user: str) -> dict[str, Any]:
        return _told(v['id'], self._job(v['id']))

    async def _create_job(self, v: dict[str, Any], user: str) -> None:
        self.require_backup_options(user, v)
        self._require_job_storage(user, v.get('storage') or 'local')
        self._require_job_pool(user, v)
        if v.get('schedule') is None:
            raise param_error(schedule="neither 'starttime' nor 'schedule' were set")
        _require_schedule(v)
        job = {key: value for key, value in v.items() if key != 'id'}
        name = v.get('id') or str(uuid.uuid4())
        if name in self.backup_jobs:
            raise die(f"Job '{name}' already exists")
        require_vzdump_parameters(job)
        self.backup_jobs[name] = {'enabled': 1, **job}

    async def _update_job(self, v: dict[str, Any], user: str) -> None:
        name, change = v['id'], {key: value for key, value in v.items() if key not in ('id', 'delete')}
        deleted = split_list(v.get('delete'))
        self.require_backup_options(user, change)
        if change.get('storage'):
            self._require_job_storage(user, change['storage'])
        self._require_job_pool(user, change)
        _require_schedule(change)
        if not change and not deleted:
            raise die('no options specified')
        if name not in self.backup_jobs:
            raise die('no such vzdump job')
        self._require_job_storage(user, self.backup_jobs[name].get('storage') or 'local')
        job = {key: value for key, value in self.backup_jobs[name].items() if key not in deleted} | change
        # Of the ways to say which guests a job is for, the one that is given ends the others.
        ended = ('all', 'exclude', 'pool') if 'vmid' in change else ('vmid', 'pool') if change.get('all') else (
            'vmid', 'all', 'exclude') if job.get('pool') else ()
        job = {key: value for key, value in job.items() if key not in ended}
        require_vzdump_parameters(job)
        self.backup_jobs[name] = job

    async def _delete_job(self, v: dict[str, Any], user: str) -> None:
        self._job(v['id'])
        del self.backup_jobs[v['id']]

    async def task(self, node: str, ttype: str, tid: Any, user: str, body: Any, vm: Any = None, **options: Any) -> str:
        """Starts a task; one that destroys a VM and purges takes it out of the jobs that name it, and away those that then name none
        (src/PVE/VZDump/Plugin.pm:206 of pve-guest-common, remove_vmid_from_backup_jobs)."""
        async def whole() -> Any:
            note = await body()
            if str(note or '').startswith('purging'):
                self._take_out(str(vm.vmid))
            return note
        return await super().task(node, ttype, tid, user, whole if ttype == 'qmdestroy' else body, vm=vm, **options)

    def _take_out(self, vmid: str) -> None:
        for name, job in list(self.backup_jobs.items()):
            key = 'vmid' if 'vmid' in job else 'exclude'
            left = ','.join(one for one in split_list(job.get(key)) if one != vmid)
            if left:
                job[key] = left
            elif key == 'vmid':
                del self.backup_jobs[name]
            else:
                job.pop(key, None)

    def _job(self, name: str) -> dict[str, Any]:
        if name not in self.backup_jobs:
            raise param_error(id=f"No such job '{name}'")
        return self.backup_jobs[name]

    def _require_job_storage(self, user: str, sid: str) -> None:
        if user != 'root@pam':
            self.require(user, f'/storage/{sid}', 'Datastore.Allocate')

    def _require_job_pool(self, user: str, v: dict[str, Any]) -> None:
        pool = v.get('pool')
        if not pool:
            return
        if pool not in self.pools:
            raise PveError(403, f"Permission check failed (pool '{pool}' does not exist)")
        self.require(user, f'/pool/{pool}', 'VM.Backup')


def _require_schedule(v: dict[str, Any]) -> None:
    schedule = v.get('schedule')
    if schedule is not None and not CALENDAR_EVENT.fullmatch(schedule.strip()):
        raise param_error(schedule=f"invalid format - unable to parse calendar event '{schedule}'\n")


def _told(name: str, job: dict[str, Any]) -> dict[str, Any]:
    """A job as it is told: what is one text in a request is an object there."""
    rules = job.get('prune-backups')
    told = {**job, 'id': name, 'type': 'vzdump'}
    return told if rules is None else {**told, 'prune-backups': dict(sorted(split_props(rules)[1].items()))}
