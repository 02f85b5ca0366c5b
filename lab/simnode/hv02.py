"""The node as it starts: hv02 of the substrate dvntm, a standalone PVE 8.4.1 node with its templates."""

GIB = 1024 ** 3

NODE = 'pve2'
VERSION = '8.4.1'
RELEASE = '8.4'
MEMORY = 32 * GIB
THREADS = 8
# 1 TB as the vendor counts, less what the installer takes for the system.
THIN_POOL = 850 * GIB

TEMPLATES = ((100, 'fedora-server-44-1.9'), (103, 'fedora-server-44-1.10'))
# A VM of somebody else: nothing may ever touch it.
UNRELATED = 110


def furnish(node):
    """Give a new node its version, storages, templates and the unrelated VM."""
    node.version, node.release_version = VERSION, RELEASE
    node.nodes = {NODE: {'online': True}}
    node.memory, node.threads = MEMORY, THREADS
    node.storages['local']['avail'] = 60 * GIB
    node.storages['local-lvm']['avail'] = THIN_POOL
    for vmid, name in TEMPLATES:
        _add_template(node, vmid, name)
    _add_unrelated(node)


def _add_template(node, vmid, name):
    node.add_vm(vmid, name, node=NODE, template=True, config={
        'template': 1, 'cores': 4, 'sockets': 1, 'cpu': 'host', 'memory': 4096, 'ostype': 'l26',
        'scsihw': 'virtio-scsi-single', 'boot': 'order=scsi0', 'agent': '1', 'tags': 'fedora;template',
        'scsi0': _disk(node, 'base-{0}-disk-0'.format(vmid), vmid, 32),
        'ide2': _cloudinit(node, vmid),
        'net0': 'virtio=BC:24:11:00:01:{0:02X},bridge=vmbr0'.format(vmid),
        'smbios1': 'uuid=00000000-0000-4000-8000-{0:012d}'.format(vmid),
    })


def _add_unrelated(node):
    node.add_vm(UNRELATED, 'homeassistant', node=NODE, status='running', config={
        'cores': 2, 'sockets': 1, 'memory': 2048, 'ostype': 'l26', 'onboot': 1,
        'description': 'Home automation. Not a tenant.',
        'scsi0': _disk(node, 'vm-{0}-disk-0'.format(UNRELATED), UNRELATED, 16),
        'net0': 'virtio=BC:24:11:00:01:6E,bridge=vmbr0',
        'smbios1': 'uuid=00000000-0000-4000-8000-{0:012d}'.format(UNRELATED),
    })


def _disk(node, volume, vmid, gib):
    return '{0},size={1}G'.format(_volume(node, volume, vmid, gib * GIB), gib)


def _cloudinit(node, vmid):
    return '{0},media=cdrom'.format(_volume(node, 'vm-{0}-cloudinit'.format(vmid), vmid, 4 * 1024 ** 2))


def _volume(node, name, vmid, size):
    store = node.storages['local-lvm']
    store.setdefault('volumes', {})[name] = {
        'content': 'images', 'format': 'raw', 'size': size, 'vmid': vmid, 'ctime': 0}
    store['avail'] -= size
    return 'local-lvm:' + name
