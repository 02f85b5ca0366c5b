"""Everything lasting on the node, in one form: two dumps are equal exactly when the node is in the same state."""

import hashlib
from typing import Any

from fakepve.firewall import empty_conf
from fakepve.lxc import FakeCt
from fakepve.model import FakeVm

# Options that hold a time of making.
TIMES = ('meta', 'snaptime')


def dump(node: Any) -> dict[str, Any]:
    """The state of a node: no times, no tasks, no digests."""
    firewall = node._fw()
    return {
        'vms': {str(vm.vmid): _vm(node, vm) for vm in node.vms},
        'containers': {str(ct.vmid): _container(node, ct) for ct in node.cts},
        'storages': {sid: _storage(store) for sid, store in node.storages.items()},
        'pools': {name: {'comment': node._pool_meta(name)['comment'], 'vmids': sorted(vmids),
                         'storages': sorted(node._pool_meta(name)['storage'])} for name, vmids in node.pools.items()},
        'backup_jobs': node.backup_jobs,
        'mappings': node.mappings,
        'firewall': {'datacenter': _firewall(firewall['cluster']),
                     'nodes': _firewalls(firewall['nodes']), 'guests': _firewalls(firewall['guests'])},
    }


def _vm(node: Any, vm: FakeVm) -> dict[str, Any]:
    return {'name': vm.name, 'node': vm.node, 'status': vm.status, 'template': bool(vm.template), 'lock': vm.lock,
            'pool': node._pool_of_vm(vm.vmid), 'config': _options(vm.config), 'pending': _options(vm.pending),
            'snapshots': {name: _options(config) for name, config in vm.snapshots.items()}}


def _container(node: Any, ct: FakeCt) -> dict[str, Any]:
    return {'name': ct.name, 'node': ct.node, 'status': ct.status, 'lock': ct.lock, 'pool': node._pool_of_vm(ct.vmid),
            'config': _options(ct.config), 'pending': _options(ct.pending)}


def _options(config: dict[str, Any]) -> dict[str, Any]:
    """Options as text, without times, and a password as a digest: enough to see that it changed."""
    out = {key: None if value is None else str(value) for key, value in config.items() if key not in TIMES}
    if out.get('cipassword'):
        out['cipassword'] = 'sha256:' + hashlib.sha256(out['cipassword'].encode()).hexdigest()
    return out


def _storage(store: dict[str, Any]) -> dict[str, Any]:
    """A storage: its settings, the bytes of each volume by name, and what each cloud-init drive holds."""
    volumes = store.get('volumes', {})
    settings = {key: value for key, value in store.items() if key not in ('files', 'volumes', 'avail', 'active')}
    return {'settings': settings, 'files': sorted(store['files']),
            'volumes': {name: volume['size'] for name, volume in volumes.items()},
            'cloudinit': {name: volume['holds'] for name, volume in volumes.items() if 'holds' in volume}}


def _firewalls(confs: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    """Firewall files by node or VMID; reading one that is not there makes an empty one, which counts as none."""
    return {str(name): _firewall(conf) for name, conf in confs.items() if conf != empty_conf()}


def _firewall(conf: dict[str, Any]) -> dict[str, Any]:
    """A firewall file; the datacentre's `enable` above 1 is the time of switching it on."""
    options = dict(conf['options'])
    if options.get('enable'):
        options['enable'] = 1
    return {**conf, 'options': options}
