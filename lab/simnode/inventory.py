"""What is on the node before any tenant: hv02 of substrate dvntm."""

from typing import Any

from fakepve.qemu import split_drive, volume_ref
from fakepve.lxc import parse_size

from .node import GIB
from .options import is_cloudinit_drive, is_drive

NODE = 'pve2'
# When a VM was made, and by which QEMU (PVE::QemuServer::MetaInfo): all of them when the node was one of PVE 8.
META = 'creation-qemu=9.2.0,ctime=1735689600'
# Bytes of the thin pool.
THIN_POOL = 900 * GIB
STORAGES: dict[str, dict[str, Any]] = {
    'local': {'type': 'dir', 'path': '/var/lib/vz', 'content': 'iso,vztmpl,backup', 'active': 1, 'files': set(),
              'total': 94 * GIB, 'avail': 86 * GIB},
    'local-lvm': {'type': 'lvmthin', 'vgname': 'pve', 'thinpool': 'data', 'content': 'images,rootdir', 'active': 1,
                  'files': set(), 'volumes': {}, 'total': THIN_POOL},
}


def template(vmid: int, version: str) -> dict[str, Any]:
    """Configuration of a Fedora template as the lab's image factory leaves it."""
    return {'name': f'fedora-server-{version}', 'template': 1, 'tags': 'fedora;template', 'agent': '1', 'cores': 4,
            'sockets': 1, 'numa': 0, 'cpu': 'host', 'memory': '4096', 'ostype': 'l26', 'scsihw': 'virtio-scsi-single',
            'scsi0': f'local-lvm:base-{vmid}-disk-0,size=32G',
            'ide2': f'local-lvm:vm-{vmid}-cloudinit,media=cdrom,size=4M',
            'net0': f'virtio=BC:24:11:00:{vmid // 100:02X}:{vmid % 100:02X},bridge=vmbr0', 'boot': 'order=scsi0',
            'smbios1': f'uuid=00000000-0000-4000-8000-{vmid:012}', 'vmgenid': f'00000000-0000-4000-9000-{vmid:012}',
            'description': f'Fedora Server {version}, made by the image factory', 'meta': META}


def home_assistant() -> dict[str, Any]:
    """Configuration of a VM that is no tenant's."""
    return {'name': 'homeassistant', 'agent': '1', 'cores': 2, 'sockets': 1, 'cpu': 'host', 'memory': '8192',
            'ostype': 'l26', 'onboot': 1, 'scsihw': 'virtio-scsi-single', 'scsi0': 'local-lvm:vm-110-disk-0,size=64G',
            'net0': 'virtio=BC:24:11:00:01:10,bridge=vmbr0,firewall=1,tag=30', 'boot': 'order=scsi0',
            'smbios1': 'uuid=00000000-0000-4000-8000-000000000110', 'tags': 'home',
            'description': 'Home automation.\n\nNo part of any tenant.', 'meta': META}


def fill(node: Any) -> None:
    """Puts the storages and the VMs of the substrate on an empty node, and turns its datacentre firewall on."""
    node.firewall_config('cluster')['options']['enable'] = 1
    node.nodes = {NODE: {'online': True}}
    node.storages = {sid: {**store, 'files': set(), 'volumes': {}} for sid, store in STORAGES.items()}
    for vmid, version in ((100, '44-1.9'), (103, '44-1.10')):
        _add(node, vmid, template(vmid, version), 'stopped', template=True)
    _add(node, 110, home_assistant(), 'running')


def _add(node: Any, vmid: int, config: dict[str, Any], status: str, **options: Any) -> None:
    node.add_vm(vmid, config['name'], node=NODE, status=status, config=config, **options)
    for key, value in config.items():
        if is_drive(key):
            volume, props = split_drive(value)
            sid, name = volume_ref(volume)
            node.storages[sid]['volumes'][name] = {'content': 'images', 'format': 'raw', 'vmid': vmid, 'ctime': 0,
                                                   'size': parse_size(props['size'])}
    if any(is_drive(key) and is_cloudinit_drive(value) for key, value in config.items()):
        node.write_cloudinit_drive(node.vm(vmid))
