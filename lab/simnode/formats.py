"""Formats that PVE 8.4 checks and fakepve does not know, and words in which PVE 9 says the same otherwise (pve-common 8.3.8,
src/PVE/JSONSchema.pm; qemu-server 8.4.10, PVE/QemuServer.pm and PVE/QemuServer/CPUConfig.pm; pve-firewall 5.1.2)."""

import base64
import binascii
import re
import urllib.parse
from typing import Any

from fakepve import formats, schema
from fakepve.firewall import ICMP_TYPES, ICMPV6_TYPES
from fakepve.qemu import DRIVE_KEY
from fakepve.routing import die

REQUIRED = re.compile(r"missing property required by '([^']*)'")
FLAG = r'[+-][a-zA-Z0-9\-_.]+'
# A property of the CPU (CPUConfig.pm:183, $cpu_fmt).
CPU: dict[str, dict[str, Any]] = {
    'cputype': {'type': 'string', 'optional': 1, 'default_key': 1}, 'reported-model': {'type': 'string', 'optional': 1},
    'hidden': {'type': 'boolean', 'optional': 1}, 'hv-vendor-id': {'type': 'string', 'optional': 1, 'pattern': '[a-zA-Z0-9]{1,12}'},
    'flags': {'type': 'string', 'optional': 1, 'pattern': f'{FLAG}(;{FLAG})*'},
    'phys-bits': {'type': 'string', 'optional': 1, 'format': 'pve-phys-bits'}}
# Kinds of keys that ssh-keygen reads.
SSH_KINDS = re.compile(r'(?:^|\s)(ssh-ed25519|ssh-rsa|ssh-dss|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com'
                       r'|sk-ecdsa-sha2-nistp256@openssh\.com)\s+(\S+)')


def _boot_device(text: str) -> str | None:
    """verify_bootdev (QemuServer.pm): a drive, a NIC, a USB or a PCI device."""
    drive = DRIVE_KEY.match(text) is not None and not text.startswith(('efidisk', 'tpmstate'))
    return None if drive or re.fullmatch(r'(?:net|usb|hostpci)\d+', text) else f"invalid boot device '{text}'"


def _icmp_type(text: str) -> str | None:
    """pve_fw_verify_icmp_type_spec (Firewall.pm:1219)."""
    return None if text in ('', *ICMP_TYPES, *ICMPV6_TYPES) else f"invalid icmp-type value '{text}'"


def _phys_bits(text: str) -> str | None:
    """parse_phys_bits (CPUConfig.pm)."""
    fits = text == 'host' or re.fullmatch(r'\d{1,2}', text) and 8 <= int(text) <= 64
    return None if fits else "value must be an integer between 8 and 64 or 'host'"


def register() -> None:
    """Gives the formats to fakepve, whose handlers all check requests through one name of its schema module."""
    formats.NAMED.update({'pve-qm-bootdev': _boot_device, 'pve-fw-icmp-type-spec': _icmp_type, 'pve-phys-bits': _phys_bits,
                          # PVE 9 refuses a comment with a line feed; PVE 8 has no format for it.
                          'pve-fw-comment-spec': lambda text: None})
    formats.REGISTERED['pve-vm-cpu-conf'] = CPU
    inner = schema.validate

    def validate(spec: Any, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        out, errors = inner(spec, values)
        worded = {name: REQUIRED.sub(r"missing property - '\1' requires this property", text) for name, text in errors.items()}
        return out, {**worded, **_booleans((spec or {}).get('properties', {}), values)}
    schema.validate = validate


def _booleans(properties: dict[str, Any], values: dict[str, Any]) -> dict[str, str]:
    """Faults of booleans that are neither 1 nor 0: other words for them stand in property strings alone (check_type)."""
    return {name: f"type check ('boolean') failed - got '{value}'" for name, value in values.items()
            if (properties.get(name) or {}).get('type') == 'boolean' and isinstance(value, str) and value not in ('0', '1')}


def require_ssh_keys(text: str) -> None:
    """Raises PVE's 500 for keys of which ssh-keygen does not read each line by itself (PVE/Tools.pm, validate_ssh_public_keys)."""
    lines = [line for line in urllib.parse.unquote(text).split('\n') if line.strip()]
    if not all(map(_is_ssh_key, lines)):
        raise die('SSH public key validation error')


def _is_ssh_key(line: str) -> bool:
    """Whether a line has a key whose data are parts with their lengths, of which the first is its kind."""
    found = None if line.lstrip().startswith('#') else SSH_KINDS.search(line)
    if not found:
        return False
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return False
    parts = []
    while data:
        length = int.from_bytes(data[:4], 'big')
        parts.append(data[4:4 + length])
        if len(data) < 4 or len(parts[-1]) != length:
            return False
        data = data[4 + length:]
    return len(parts) > 1 and parts[0].decode(errors='replace') == found[1]


register()
