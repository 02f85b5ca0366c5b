"""All that is lasting on the node in a form that can be put back: what state.dump() leaves out to compare is here too."""

import copy
import itertools
from typing import Any

from fakepve.firewall import empty_conf
from fakepve.lxc import FakeCt
from fakepve.model import FakeVm
from simcommon.shape import MISSING, require, require_same

# A VM's parts, with the types of their JSON.
VM = {'vmid': int, 'name': str, 'node': str, 'status': str, 'qmpstatus': str, 'template': bool, 'lock': (str, MISSING),
      'config': dict, 'pending': dict, 'snapshots': dict, 'process': (int, MISSING)}
CONTAINER = {'vmid': int, 'node': str, 'status': str, 'config': dict, 'pending': dict}
POOL = {'comment': (str, MISSING), 'vmids': list, 'storages': list}
PARTS = {'vms': list, 'containers': list, 'storages': dict, 'pools': dict, 'backup_jobs': dict, 'mappings': dict, 'firewall': dict, 'tasks': list}
FIREWALL = {'cluster': dict, 'nodes': dict, 'guests': dict}
CONF = {key: type(value) for key, value in empty_conf().items()}
TASK = {'upid': str, 'node': str, 'pid': int, 'pstart': int, 'starttime': int, 'endtime': int, 'type': str, 'id': str,
        'user': str, 'status': str, 'exitstatus': str, 'log': list}
STATUSES = ('running', 'stopped')
# What PVE says of a task whose process is gone (PVE::Tools::upid_read_status).
CUT_OFF = {'status': 'stopped', 'exitstatus': 'unexpected status'}


def save(node: Any) -> dict[str, Any]:
    """The whole of a node. A task that runs is saved as one that its process left: no task outlives its node."""
    firewall = node._fw()
    return copy.deepcopy({
        'vms': [_vm(node, vm) for vm in node.vms],
        'containers': [_container(ct) for ct in node.cts],
        'storages': {sid: {**store, 'files': sorted(store['files'])} for sid, store in node.storages.items()},
        'pools': {name: {'comment': node._pool_meta(name)['comment'], 'vmids': sorted(vmids),
                         'storages': sorted(node._pool_meta(name)['storage'])} for name, vmids in node.pools.items()},
        'backup_jobs': node.backup_jobs,
        'mappings': node.mappings,
        'firewall': {'cluster': firewall['cluster'], **{scope: {str(name): conf for name, conf in firewall[scope].items()
                                                                if conf != empty_conf()}
                                                        for scope in ('nodes', 'guests')}},
        'tasks': [_task(record) for record in node.tasklog],
    })


def _vm(node: Any, vm: FakeVm) -> dict[str, Any]:
    return {'vmid': vm.vmid, 'name': vm.name, 'node': vm.node, 'status': vm.status, 'qmpstatus': vm.qmpstatus,
            'template': bool(vm.template), 'lock': vm.lock, 'config': vm.config, 'pending': vm.pending,
            'snapshots': vm.snapshots, 'process': node.processes.get(vm.vmid)}


def _container(ct: FakeCt) -> dict[str, Any]:
    return {'vmid': ct.vmid, 'node': ct.node, 'status': ct.status, 'config': ct.config, 'pending': ct.pending}


def _task(record: dict[str, Any]) -> dict[str, Any]:
    return record if record['status'] == 'stopped' else {**record, **CUT_OFF, 'endtime': record['starttime']}


def restore(node: Any, sent: Any) -> None:
    """Makes a node what save() gave. Raises ValueError for what no node can be, and then nothing is changed."""
    if isinstance(sent, dict):
        # One that was saved before there were containers, backup jobs, or mappings, has none.
        sent = {'containers': [], 'backup_jobs': {}, 'mappings': {'pci': {}, 'usb': {}}, **sent}
    _require_sense(node, sent)
    scratch = type(node)('127.0.0.1', 0, pve=node.pve)
    scratch.nodes = node.nodes
    _fill(scratch, copy.deepcopy(sent))
    require_same(save(scratch), sent)
    for part in ('vms', 'cts', 'storages', 'pools', 'pool_info', 'backup_jobs', 'mappings', '_fw_state', 'tasks', 'tasklog', 'processes'):
        setattr(node, part, getattr(scratch, part))
    # A VM that starts gets a process that none of them has.
    node._next_process = itertools.count(max([next(node._next_process), *(n + 1 for n in node.processes.values())]))


def _require_sense(node: Any, sent: Any) -> None:
    require('', sent, PARTS)
    for at, vm in enumerate(sent['vms']):
        require(f'vms[{at}]', vm, VM)
        if vm['node'] not in node.nodes:
            raise ValueError(f'vms[{at}].node: there is no node {vm["node"]}')
        if vm['status'] not in STATUSES:
            raise ValueError(f'vms[{at}].status: {vm["status"]} is none of {", ".join(STATUSES)}')
    for at, container in enumerate(sent['containers']):
        require(f'containers[{at}]', container, CONTAINER)
    vmids = [guest['vmid'] for guest in (*sent['vms'], *sent['containers'])]
    for name, pool in sent['pools'].items():
        require(f'pools.{name}', pool, POOL)
    members = [vmid for pool in sent['pools'].values() for vmid in pool['vmids']]
    for what, ids in (('VMID', vmids), ('pool member', members)):
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f'{what} {twice[0]} is there twice')
    for sid, store in sent['storages'].items():
        require(f'storages.{sid}', {key: store.get(key) for key in ('type', 'files')}, {'type': str, 'files': list})
        for name, volume in store.get('volumes', {}).items():
            require(f'storages.{sid}.volumes.{name}', {'size': volume.get('size')}, {'size': int})
    require('firewall', sent['firewall'], FIREWALL)
    for scope in ('nodes', 'guests'):
        for name, conf in sent['firewall'][scope].items():
            require(f'firewall.{scope}.{name}', conf, CONF)
    require('firewall.cluster', sent['firewall']['cluster'], CONF)
    for at, record in enumerate(sent['tasks']):
        require(f'tasks[{at}]', record, TASK)


def _fill(node: Any, sent: dict[str, Any]) -> None:
    node.vms, node.processes = [], {}
    for vm in sent['vms']:
        process, snapshots = vm.pop('process'), vm.pop('snapshots')
        made = node.add_vm(**vm)
        made.snapshots = snapshots
        if process is not None:
            node.processes[made.vmid] = process
    node.cts = [FakeCt(**container, defaults=False) for container in sent['containers']]
    node.storages = {sid: {**store, 'files': set(store['files'])} for sid, store in sent['storages'].items()}
    node.pools = {name: set(pool['vmids']) for name, pool in sent['pools'].items()}
    node.pool_info = {name: {'comment': pool['comment'], 'storage': set(pool['storages'])}
                      for name, pool in sent['pools'].items()}
    node._sync_pools()
    node.backup_jobs = sent['backup_jobs']
    node.mappings = {**node.mappings, **sent['mappings']}
    firewall = sent['firewall']
    node._fw_state = {**firewall, 'guests': {int(vmid): conf for vmid, conf in firewall['guests'].items()}}
    node.tasklog = sent['tasks']
    node.tasks = {record['upid']: record for record in sent['tasks']}
