"""VMs as a whole: clone, power, destroy and the guest agent, where fakepve leaves something out."""

import asyncio
import copy
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fakepve import agent
from fakepve.lxc import split_props
from fakepve.model import FakeVm, PveError, TaskError
from fakepve.qemu import drives_of

from .config import merged
from .drives import drives_named
from .formats import require_ssh_keys
from .linked import is_linked
from .node import THREADS
from .options import NET_KEY, cpu_type, net_properties, normal_form, privileges, require_cpu, vcpus_of

Body = Callable[[], Awaitable[Any]]


class Guests:
    """Mixin of the node: what a task does to a VM beyond what fakepve does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whether the guest agent of a running VM that has one enabled answers: no guest ever boots here.
        self.agents_answer = False
        # Real seconds that a full clone copies for, telling in its task's log how far it is; 0: it ends at once.
        self.clone_seconds = 0.0
        self._copying: set[asyncio.Future[None]] = set()
        # VMIDs of guests that ignore ACPI.
        self.deaf: set[int] = set()
        # PID of the QEMU process of each VM that was started, another one after each start.
        self.processes: dict[int, int] = {}
        self._next_process = itertools.count(20_000)

    async def task(self, node: str, ttype: str, tid: Any, user: str, body: Body, vm: FakeVm | None = None,
                   **options: Any) -> str:
        """Starts a task as fakepve does, with the missing steps put round what it does."""
        steps = {'qmstart': self.started, 'qmreboot': self.started, 'qmstop': self._stopped,
                 'qmshutdown': self._stopped, 'qmcreate': self._created,
                 'qmdestroy': self.destroying}
        if vm is not None and ttype in steps:
            step, inner = steps[ttype], body

            async def whole() -> Any:
                return await step(vm, inner)
            body = whole
        return await super().task(node, ttype, tid, user, body, vm=vm, **options)

    async def started(self, vm: FakeVm, body: Body) -> Any:
        """Effects of a start on a VM beside running it."""
        before = drives_named(vm)
        if vm.status != 'running' and vcpus_of(merged(vm)) > THREADS:
            # The waiting settings are made first, as in PVE/QemuServer.pm:3879 of qemu-server 8.4.10.
            self.apply_pending(vm)
            raise TaskError(f'MAX {THREADS} vcpus allowed per VM on this node')
        note = await body()
        self.woken(vm)
        self.processes[vm.vmid] = next(self._next_process)
        self.release_replaced(vm, before)
        vm.name = vm.config.get('name') or f'VM {vm.vmid}'
        self.write_cloudinit_drive(vm)
        return note

    async def _stopped(self, vm: FakeVm, body: Body) -> Any:
        # vm_stop_cleanup applies what waits, so a stopped VM has nothing pending.
        note = await body()
        self.apply_pending(vm)
        return note

    async def _do_shutdown(self, vm: FakeVm, user: str, p: dict[str, Any]) -> str:
        """A VM that does not run is shut down already, and its task ends well (PVE/QemuServer.pm:6671)."""
        if vm.status == 'running' and vm.vmid in self.deaf:
            self._check_lock(vm)
            return await self.task(vm.node, 'qmshutdown', vm.vmid, user, lambda: self._wait_for_deaf(vm, p), vm=vm)
        if vm.status == 'running':
            return await super()._do_shutdown(vm, user, p)

        async def nothing() -> None:
            return None
        return await super(Guests, self).task(vm.node, 'qmshutdown', vm.vmid, user, nothing, vm=vm)

    async def _wait_for_deaf(self, vm: FakeVm, p: dict[str, Any]) -> None:
        """A guest that ignores ACPI: PVE waits for all of the timeout, and then stops it only if it may
        (PVE/QemuServer.pm:6620, _do_vm_stop)."""
        await self.pause(int(p.get('timeout') or 60))
        if str(p.get('forceStop', '0')) not in ('1', 'true'):
            raise TaskError('VM quit/powerdown failed - got timeout')
        vm.status = vm.qmpstatus = 'stopped'

    async def _qm_create(self, v: dict[str, Any], user: str) -> Any:
        require_cpu(v, self.pve.cpu_types, self.cpu_types)
        require_ssh_keys(str(v.get('sshkeys') or ''))
        return await super()._qm_create(v, user)

    async def _created(self, vm: FakeVm, body: Body) -> Any:
        note = await body()
        normal = {key: normal_form(key, value) for key, value in vm.config.items()}
        vm.config = {key: value for key, value in normal.items() if value is not None}
        return note

    async def _qm_clone(self, v: dict[str, Any], user: str) -> str:
        """Clones a VM: the caller needs the template's bridges, and the clone gets a cloud-init drive and a firewall.

        PVE::API2::Qemu clone_vm: check_bridge_access, clone_disk, PVE::Firewall::clone_vmfw_conf.
        """
        source = self.find(v['node'], v['vmid'])
        for key, value in source.config.items():
            if NET_KEY.fullmatch(key):
                self.require_bridge(user, net_properties(value))
        if any(volume == 'cdrom' for _key, volume, _props in drives_of(source.config)):
            self.require(user, '/', 'Sys.Console')
        if self.pve.cpu_mapping and cpu_type(source.config).startswith('custom-'):
            self.require_cpu_type(user, cpu_type(source.config).removeprefix('custom-'))
        upid = await super()._qm_clone(v, user)
        clone = self.vm(int(v['newid']))
        if clone is not None:
            self.clone_cloudinit_drives(clone, v.get('storage'))
            rules = self._fw()['guests'].get(source.vmid)
            if rules is not None:
                self._fw()['guests'][clone.vmid] = copy.deepcopy(rules)
            copies = self.clone_seconds and not is_linked(v, source)
            if copies and self.tasks[upid]['status'] == 'stopped':
                self._copy_on(self.tasks[upid], clone)
        return upid

    def _copy_on(self, record: dict[str, Any], clone: FakeVm) -> None:
        """Lets a clone that is made already look as one that still copies, until its seconds are over.

        PVE::Storage::Plugin and PVE::QemuServer::qemu_img_convert: the log has a line for each percent.
        """
        done = {key: record.pop(key) for key in ('status', 'exitstatus', 'endtime')}
        last = record['log'].pop()
        drives = drives_of(clone.config)
        record['log'] += [f'create full clone of drive {key}' for key, _volume, _props in drives]
        record['log'].append(f'  Logical volume "vm-{clone.vmid}-disk-0" created.')
        record['status'] = 'running'
        self._qm_lock(clone, 'clone')

        async def copying() -> None:
            for percent in range(100):
                record['log'].append(f'transferred {percent * 0.32:.1f} GiB of 32.0 GiB ({percent:.2f}%)')
                await asyncio.sleep(self.clone_seconds / 100)
            self._qm_lock(clone, None)
            record['log'].append(last)
            record.update(done, endtime=int(time.time()))
        # The loop keeps no reference of its own.
        task = asyncio.ensure_future(copying())
        self._copying.add(task)
        task.add_done_callback(self._copying.discard)

    async def _task_list(self, request: Any) -> Any:
        """The tasks, newest first within a second as well: a task that runs is never behind the list's limit."""
        view = copy.copy(self)
        view.tasklog = self.tasklog[::-1]
        return await super(Guests, view)._task_list(request)

    def _config_priv(self, key: str) -> str:
        """The privilege that creating a VM with the option asks for."""
        asked = privileges(key, '')
        return 'root' if asked is None else asked[0][0]

    async def _agent_call(self, match: Any, values: dict[str, Any]) -> Any:
        """A guest agent command (PVE::QemuServer::Agent::agent_available)."""
        vm = self.find(values['node'], values['vmid'])
        if 'agent' not in vm.config:
            raise PveError(500, 'No QEMU guest agent configured')
        if vm.status != 'running':
            raise PveError(500, f'VM {vm.vmid} is not running')
        if not (self.agents_answer and agent_enabled(vm)):
            raise PveError(500, 'QEMU guest agent is not running')
        command = match.template.rsplit('/', 1)[1]
        vm.agent = {'interfaces': interfaces(vm)}
        agent.record(vm, command, values)
        return agent.result(vm, command, values)


def agent_enabled(vm: FakeVm) -> bool:
    """Whether the VM's configuration enables the guest agent: `agent: 1` or `agent: enabled=1,...`."""
    first, props = split_props(vm.config.get('agent', ''))
    return (first or props.get('enabled')) == '1'


def interfaces(vm: FakeVm) -> list[dict[str, Any]]:
    """What the guest agent tells of the VM's NICs, with an address of the documentation range each."""
    nics = sorted(key for key in vm.config if NET_KEY.fullmatch(key))
    return [{'name': f'eth{n}', 'hardware-address': str(vm.config[key]).split(',')[0].split('=')[-1].lower(),
             'ip-addresses': [{'ip-address': f'192.0.2.{10 + n}', 'ip-address-type': 'ipv4', 'prefix': 24}]}
            for n, key in enumerate(nics)]
