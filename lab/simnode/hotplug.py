"""Which changes reach a running VM at once and which wait for its next start (vmconfig_hotplug_pending, PVE 8)."""

from typing import Any

from fakepve.lxc import split_props
from fakepve.model import FakeVm
from fakepve.qemu import is_cdrom, split_drive

from .options import NET_KEY, UNUSED_KEY, is_cloudinit_key, is_drive

# PVE::QemuServer's $fast_plug_option, to which the cloud-init keys belong too, and the two that are cgroup settings.
FAST = frozenset('description hookscript lock migrate_downtime migrate_speed name onboot protection shares startup '
                 'tags vmstatestorage cpuunits cpulimit'.split())
DEFAULT_FEATURES = 'network,disk,usb'
# A change of one of these needs a new start of the VM (vmconfig_update_disk).
DISK_NEEDS_START = ('aio', 'discard', 'iothread', 'queues', 'product', 'cache', 'ssd', 'vendor', 'ro')


def features(vm: FakeVm) -> set[str]:
    """What the VM hot-plugs: a list in its `hotplug` option, 1 for the default, 0 for nothing."""
    text = str(vm.config.get('hotplug', '1'))
    text = {'1': DEFAULT_FEATURES, '0': ''}.get(text, text)
    return set(text.split(','))


def at_once(vm: FakeVm, key: str, value: Any) -> bool:
    """True if setting the option (deleting it when value is None) changes the running VM now."""
    if key in FAST or is_cloudinit_key(key) or UNUSED_KEY.fullmatch(key):
        return True
    if NET_KEY.fullmatch(key):
        return 'network' in features(vm)
    if is_drive(key):
        return _drive_at_once(vm, key, value)
    if key == 'hotplug':
        return not {'memory', 'cpu'} & {*features(vm), *str(value).split(',')}
    if key in ('vcpus', 'memory'):
        return {'vcpus': 'cpu', 'memory': 'memory'}[key] in features(vm)
    if key == 'tablet' or key.startswith('usb'):
        return 'usb' in features(vm)
    if key == 'balloon':
        # The balloon device cannot come or go while the VM runs; its target can.
        return bool(vm.config.get('balloon', 1)) == (value is None or bool(value))
    return key == 'agent' and value is not None and _agent_at_once(vm, value)


def _drive_at_once(vm: FakeVm, key: str, value: Any) -> bool:
    old = vm.config.get(key)
    pluggable = 'disk' in features(vm) and key.startswith(('scsi', 'virtio'))
    if value is None or old is None:
        return pluggable
    (old_volume, old_props), (volume, props) = split_drive(old), split_drive(value)
    if is_cdrom(volume, props) and is_cdrom(old_volume, old_props):
        return True
    if volume != old_volume:
        return pluggable
    return all(old_props.get(name) == props.get(name) for name in DISK_NEEDS_START)


def _agent_at_once(vm: FakeVm, value: str) -> bool:
    """Only fstrim_cloned_disks of an agent that is configured already (vmconfig_update_agent)."""
    if 'agent' not in vm.config:
        return False
    old, new = _agent(vm.config['agent']), _agent(value)
    return all(old.get(name) == new.get(name) for name in {*old, *new} - {'fstrim_cloned_disks'})


def _agent(value: Any) -> dict[str, str]:
    first, props = split_props(value)
    return {'enabled': first, **props} if first is not None else props
