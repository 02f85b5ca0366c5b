"""A VM's configuration options: their JSON types, their normal form, and the privilege that each one asks for."""

import re
from collections.abc import Iterable
from typing import Any

from fakepve import schema
from fakepve.lxc import split_props
from fakepve.qemu import DRIVE_KEY, is_cdrom, split_drive, with_mac
from fakepve.routing import die, param_error

UNUSED_KEY = re.compile(r'unused\d+')
NET_KEY = re.compile(r'net\d+')
# A drive that is, or is to become, the cloud-init drive (PVE::QemuServer::Drive::drive_is_cloudinit).
CLOUDINIT_VOLUME = re.compile(r'.*[:/](?:vm-\d+-)?cloudinit(?:\.\w+)?')
# Keys of the cloud-init part of the configuration (PVE::QemuServer's $confdesc_cloudinit).
CLOUDINIT_KEYS = frozenset('cicustom cipassword citype ciupgrade ciuser nameserver searchdomain sshkeys'.split())

# check_vm_modify_config_perm of PVE::API2::Qemu, PVE 8; what is not named here, such as args, only root may set.
_PRIVILEGES = {
    'VM.Config.CPU': 'cores cpu cpulimit cpuunits numa smp sockets vcpus',
    'VM.Config.Memory': 'memory balloon shares allow-ksm',
    'VM.Config.HWType': 'acpi hotplug kvm machine scsihw smbios1 tablet vga watchdog audio0 rng0',
    'VM.Config.Options': 'agent autostart bios description keyboard localtime migrate_downtime migrate_speed name '
                         'onboot ostype protection reboot startdate startup tags tdf template',
    'VM.Config.Disk': 'boot bootdisk vmstatestorage',
    'VM.PowerMgmt': 'freeze',
}
_PRIVILEGE_OF = {key: priv for priv, keys in _PRIVILEGES.items() for key in keys.split()}

def cpu_type(options: dict[str, Any]) -> str:
    """The CPU type of a VM with these options; empty where its properties leave it out."""
    first, properties = split_props(options.get('cpu', 'host'))
    return first or properties.get('cputype', '')


# Flags that a VM may set (CPUConfig.pm:164, @supported_cpu_flags).
CPU_FLAGS = ('pcid', 'spec-ctrl', 'ibpb', 'ssbd', 'virt-ssbd', 'amd-ssbd', 'amd-no-ssb', 'pdpe1gb', 'md-clear', 'hv-tlbflush',
             'hv-evmcs', 'aes')


def require_cpu(options: dict[str, Any], builtin: frozenset[str], custom: Iterable[str] = ()) -> None:
    """Raises PVE's 400 for a CPU that a VM cannot have (CPUConfig.pm:311, validate_vm_cpu_conf); builtin are the types that its PVE
    has, custom those of the node's own."""
    fault = _cpu_fault(options, builtin, custom) if 'cpu' in options else None
    if fault is not None:
        raise param_error(cpu=f'invalid format - {fault}\n')


def _cpu_fault(options: dict[str, Any], builtin: frozenset[str], custom: Iterable[str]) -> str | None:
    kind, (_first, properties) = cpu_type(options), split_props(options['cpu'])
    if not kind:
        return 'CPU is missing cputype'
    if kind.startswith('custom-'):
        if kind not in custom:
            return f"Custom cputype '{kind.removeprefix('custom-')}' not found"
    elif kind not in builtin and kind not in custom:
        return f"Built-in cputype '{kind}' is not defined (missing 'custom-' prefix?)"
    if any(flag[1:] not in CPU_FLAGS for flag in properties.get('flags', '').split(';') if flag):
        return f'VM-specific CPU flags must be a subset of: {", ".join(CPU_FLAGS)}'
    return "Property 'reported-model' not allowed in VM-specific CPU config." if 'reported-model' in properties else None


def vcpus_of(config: dict[str, Any]) -> int:
    """Sockets times cores (PVE/QemuServer.pm:3867)."""
    return int(config.get('sockets') or config.get('smp') or 1) * int(config.get('cores') or 1)


def is_cloudinit_key(key: str) -> bool:
    """True for an option that ends up on the cloud-init drive."""
    return key in CLOUDINIT_KEYS or re.fullmatch(r'ipconfig\d+', key) is not None


def is_drive(key: str) -> bool:
    """True for an option that holds a drive in use, not an unused one."""
    return DRIVE_KEY.match(key) is not None


def is_cloudinit_drive(value: str) -> bool:
    """True if a drive's value is a cloud-init drive, whether made already or asked for."""
    return CLOUDINIT_VOLUME.fullmatch(split_drive(value)[0]) is not None


def privileges(key: str, value: Any) -> tuple[list[str], bool] | None:
    """The privileges on the VM that setting or deleting an option asks for, and whether one of them is enough.

    value is the drive as it stands or comes. None: only root@pam may.
    """
    if UNUSED_KEY.fullmatch(key):
        return ['VM.Config.Disk'], False
    if is_drive(key):
        if is_cloudinit_drive(str(value)):
            return ['VM.Config.Cloudinit', 'VM.Config.CDROM'], False
        return ['VM.Config.CDROM' if is_cdrom(*split_drive(value)) else 'VM.Config.Disk'], False
    if is_cloudinit_key(key):
        return ['VM.Config.Cloudinit', 'VM.Config.Network'], True
    if NET_KEY.fullmatch(key):
        return ['VM.Config.Network'], False
    if re.fullmatch(r'numa\d+', key):
        return ['VM.Config.CPU'], False
    if re.fullmatch(r'(serial|usb|hostpci)\d+', key):
        return ['VM.Config.HWType'], False
    if re.fullmatch(r'virtiofs\d+', key):
        return ['VM.Config.Disk'], False
    return ([_PRIVILEGE_OF[key]], False) if key in _PRIVILEGE_OF else None


def by_value(key: str) -> bool:
    """True for an option of which PVE asks for a privilege by its value, and so not before it has one (PVE/API2/Qemu.pm:954,
    check_vm_modify_config_perm)."""
    return is_drive(key) or key == 'tags' or re.fullmatch(r'(?:unused|serial|usb|hostpci|virtiofs)\d+', key) is not None


def require_no_real_device(key: str, value: Any) -> None:
    """Raises what PVE says to anybody but root of a serial port of the host itself (PVE/API2/Qemu.pm:2270); its other devices are
    the mappings' matter."""
    if re.fullmatch(r'serial\d+', key) and value and value != 'socket':
        raise die(f"only root can modify '{key}' config for real devices")


def normal_form(key: str, value: Any) -> Any:
    """An option's value as PVE writes it to the configuration file and reads it back; None when nothing is left.

    Numbers are JSON integers, as PVE's check_type makes them; memory is a property string, so it stays text. A
    description is kept as comment lines, whose trailing white space parse_vm_config drops. Tags are lower case, sorted
    and unique (PVE::GuestHelpers::get_unique_tags with its default tag style). A NIC's MAC keeps the case it was sent
    in, and a NIC without one gets one (parse_net, print_net).
    """
    if key == 'description':
        value = str(value).rstrip()
    elif key == 'tags':
        value = ';'.join(sorted({tag.lower() for tag in re.split(r'[\s,;]+', str(value)) if tag}))
    elif NET_KEY.fullmatch(key):
        value = with_mac(value)
    elif key != 'memory' and _type_of(key) in ('integer', 'boolean'):
        value = int(value)
    return None if value == '' else value if isinstance(value, int) and key != 'memory' else str(value)


def _described() -> dict[str, Any]:
    return schema.load().paths['/nodes/{node}/qemu/{vmid}/config']['PUT']['parameters']['properties']


def is_known(key: str) -> bool:
    """True for an option that a VM can have."""
    return key in _described() or re.sub(r'\d+$', '[n]', key) in _described()


def _type_of(key: str) -> str | None:
    return (_described().get(key) or {}).get('type')


def shown(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as the API shows it: no password (PVE::API2::Qemu::vm_config)."""
    out = dict(config)
    if 'cipassword' in out:
        out['cipassword'] = '**********'
    return out


def net_properties(value: str) -> dict[str, str]:
    """A NIC's properties: bridge, tag, firewall and the rest."""
    return split_props(value)[1]
