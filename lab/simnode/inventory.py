"""Everything that is on the node before any tenant."""

from typing import Any

from fakepve.qemu import split_drive, volume_ref
from fakepve.lxc import parse_size

from .node import GIB
from .options import is_cloudinit_drive, is_drive
from .site import Site

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


# VMIDs of templates, in their order.
TEMPLATES = (100, 103)


def template(vmid: int, name: str) -> dict[str, Any]:
    """Configuration of a template as the lab's image factory leaves it."""
    return {'name': name, 'template': 1, 'tags': f'{name.partition("-")[0]};template', 'agent': '1', 'cores': 4,
            'sockets': 1, 'numa': 0, 'cpu': 'host', 'memory': '4096', 'ostype': 'l26', 'scsihw': 'virtio-scsi-single',
            'scsi0': f'local-lvm:base-{vmid}-disk-0,size=32G',
            'ide2': f'local-lvm:vm-{vmid}-cloudinit,media=cdrom,size=4M',
            'net0': f'virtio=BC:24:11:00:{vmid // 100:02X}:{vmid % 100:02X},bridge=vmbr0', 'boot': 'order=scsi0',
            'smbios1': f'uuid=00000000-0000-4000-8000-{vmid:012}', 'vmgenid': f'00000000-0000-4000-9000-{vmid:012}',
            'description': f'{name.replace("fedora-server-", "Fedora Server ")}, made by the image factory', 'meta': META}


def home_assistant(vlan: int) -> dict[str, Any]:
    """Configuration of a VM that is no tenant's."""
    tag = f',tag={vlan}' if vlan else ''
    return {'name': 'homeassistant', 'agent': '1', 'cores': 2, 'sockets': 1, 'cpu': 'host', 'memory': '8192',
            'ostype': 'l26', 'onboot': 1, 'scsihw': 'virtio-scsi-single', 'scsi0': 'local-lvm:vm-110-disk-0,size=64G',
            'net0': f'virtio=BC:24:11:00:01:10,bridge=vmbr0,firewall=1{tag}', 'boot': 'order=scsi0',
            'smbios1': 'uuid=00000000-0000-4000-8000-000000000110', 'tags': 'home',
            'description': 'Home automation.\n\nNo part of any tenant.', 'meta': META}


def fill(node: Any) -> None:
    """Puts the storages and VMs of its site on an empty node, and turns its datacentre firewall on."""
    site: Site = node.site
    address, length = site.address.split('/')
    node.interfaces['vmbr0'] |= {'address': address, 'netmask': length, 'cidr': site.address, 'gateway': site.gateway}
    node.firewall_config('cluster')['options']['enable'] = 1
    node.nodes = {site.node: {'online': True}}
    node.storages = {sid: {**store, 'files': set(), 'volumes': {}} for sid, store in STORAGES.items()}
    for vmid, name in zip(TEMPLATES, site.templates):
        _add(node, vmid, template(vmid, name), 'stopped', template=True)
    _add(node, 110, home_assistant(site.other_vlan), 'running')


def _add(node: Any, vmid: int, config: dict[str, Any], status: str, **options: Any) -> None:
    node.add_vm(vmid, config['name'], node=node.site.node, status=status, config=config, **options)
    for key, value in config.items():
        if is_drive(key):
            volume, props = split_drive(value)
            sid, name = volume_ref(volume)
            node.storages[sid]['volumes'][name] = {'content': 'images', 'format': 'raw', 'vmid': vmid, 'ctime': 0,
                                                   'size': parse_size(props['size'])}
    if any(is_drive(key) and is_cloudinit_drive(value) for key, value in config.items()):
        node.write_cloudinit_drive(node.vm(vmid))
