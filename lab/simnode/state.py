"""Everything lasting on the node, as plain data that is equal exactly when the node is in the same state."""


def snapshot(node):
    """VMs, pools, volumes and firewall; no times, tasks or digests."""
    return {
        'vms': {str(vm.vmid): _vm(vm) for vm in node.vms},
        'pools': {name: _pool(node, name) for name in node.pools},
        'storages': {name: _storage(store) for name, store in node.storages.items()},
        'firewall': _firewall(node._fw()),
    }


def _vm(vm):
    return {'name': vm.name, 'status': vm.status, 'template': bool(vm.template), 'lock': vm.lock, 'pool': vm.pool,
            'config': {key: str(value) for key, value in vm.config.items()},
            'pending': {key: None if value is None else str(value) for key, value in vm.pending.items()},
            'snapshots': sorted(vm.snapshots)}


def _pool(node, name):
    info = node.pool_info.get(name, {})
    return {'comment': info.get('comment'), 'vmids': sorted(node.pools[name]), 'storages': sorted(info.get('storage', ()))}


def _storage(store):
    volumes = {name: volume['size'] for name, volume in store.get('volumes', {}).items()}
    return {'avail': store.get('avail'), 'volumes': volumes, 'files': sorted(store.get('files', ()))}


def _firewall(firewall):
    """A config that holds nothing is no file, and so no difference."""
    def filled(configs):
        return {str(key): conf for key, conf in configs.items() if any(conf.values())}
    return {'datacenter': firewall['cluster'], 'nodes': filled(firewall['nodes']), 'guests': filled(firewall['guests'])}
