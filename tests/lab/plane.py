"""A data plane of two tenants: 5001, 5002 and 5003 of VLAN 50, 5101 of VLAN 51, and a router that lets all through."""

import json
import os
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ROOT / '.tools/lab-system'
# As lab/dataPlane.ts enters it.
ENTER = ['unshare', '--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', 'sh', '-c',
         'mount --bind "$2" "$2" && mount --bind "$1" "$2/mnt" && exec chroot "$2" /usr/bin/python3 -m dataplane', 'data-plane',
         str(ROOT / 'lab'), str(SYSTEM)]
MISSING = None if os.geteuid() == 0 and SYSTEM.exists() else 'needs root and the lab\'s root file system'
OPTIONS = {'enable': 1, 'dhcp': 0, 'policy_in': 'DROP', 'policy_out': 'ACCEPT', 'macfilter': 1, 'ndp': 1, 'radv': 0}
VMS = (5001, 5002, 5003, 5101)
SECONDS = 0.2


def mac(vmid: int) -> str:
    return f'02:de:20:{vmid // 100:02d}:00:{vmid % 100:02d}'


def address(vmid: int) -> str:
    return f'10.20.{vmid // 100}.{9 + vmid % 100}'


def guest(vmid: int, options: dict[str, Any] | None = None, net: str = '', ipset: Any = None,
          rules: Any = None) -> dict[str, Any]:
    """A VM as the node holds it, with what it has otherwise than the others."""
    vlan = vmid // 100
    own = {'pos': 0, 'type': 'in', 'action': 'ACCEPT', 'enable': 1, 'source': f'10.20.{vlan}.0/24'}
    return {'vmid': vmid, 'status': 'running', 'options': OPTIONS if options is None else options, 'ipsets': {} if ipset is None else {'net0': ipset},
            'rules': [own] if rules is None else rules,
            'config': {'net0': f'virtio={mac(vmid)},bridge=vmbr0,firewall=1,tag={vlan}{net}',
                       'ipconfig0': f'ip={address(vmid)}/24,gw=10.20.{vlan}.1'}}


def state(*guests: dict[str, Any], scopes: bool = False, nftables: bool = False) -> dict[str, Any]:
    """All four VMs, those that are given in place of their own; with scopes, the router's Kea serves a pool of two in each
    segment, and in VLAN 51 a reservation."""
    changed = {one['vmid']: one for one in guests}
    interfaces = [{'identifier': f'opt{vlan}', 'device': f'vlan0.{vlan}', 'addr4': f'10.20.{vlan}.1/24', 'vlan_tag': vlan,
                   'enabled': True, 'description': f'TENANT{vlan}'} for vlan in (50, 51)]
    everything = {'enabled': '1', 'action': 'pass', 'quick': '1', 'interface': '', 'direction': 'in', 'ipprotocol': 'inet',
                  'protocol': 'any', 'source_net': 'any', 'destination_net': 'any', 'description': 'everything'}
    subnets = [{'uuid': str(vlan), 'subnet_id': str(vlan), 'subnet': f'10.20.{vlan}.0/24',
                'pools': f'10.20.{vlan}.100-10.20.{vlan}.101'} for vlan in (50, 51)] if scopes else []
    reserved = [{'subnet': '51', 'hw_address': '02:00:00:00:09:01', 'ip_address': '10.20.51.20',
                 'hostname': ''}] if scopes else []
    return {'node': {'firewall': {'enable': 1}, 'host': {'nftables': int(nftables)}, 'guests': [changed.get(vmid) or guest(vmid) for vmid in VMS]},
            'router': {'interfaces': interfaces, 'rules': [everything], 'aliases': [], 'groups': [], 'dnat': [], 'source_nat': [],
                       'one_to_one': [], 'subnets': subnets,
                       'reservations': reserved, 'hosts': [], 'host_aliases': [], 'own_names': [],
                       'kea': {'interfaces': ['opt50', 'opt51'], 'valid_lifetime': '4000'},
                       'running': {'kea': 'running' if scopes else 'stopped', 'unbound': 'stopped'}}}


class DataPlane:
    """A data plane under test."""

    def __init__(self) -> None:
        environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'PYTHONPATH': '/mnt', 'PYTHONDONTWRITEBYTECODE': '1'}
        self._process = subprocess.Popen(ENTER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.router_mac = self._answer()['routerMac']
        self.apply()
        self.command('boot', vmids=list(VMS), timeout=5)
        # The switch learns where everybody is: what it does not know it sends to all.
        self.reached(*((vmid, ethernet(mac(vmid), BROADCAST, 0x0806, arp(mac(vmid), address(vmid)))) for vmid in VMS))

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def apply(self, *guests: dict[str, Any], scopes: bool = False, nftables: bool = False) -> None:
        """As the node holds it: these VMs as given, the others as ever; nothing is known of connections before."""
        self.command('apply', state=state(*guests, scopes=scopes, nftables=nftables))
        self.command('forget')

    def command(self, name: str, **arguments: Any) -> Any:
        self._process.stdin.write(json.dumps({'command': name, **arguments}) + '\n')
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        said = json.loads(self._process.stdout.readline())
        assert 'error' not in said, said['error']
        return said['answer']

    def reached(self, *sent: tuple[int, bytes]) -> list[int]:
        """Which other VMs get the last of some frames; each is sent by the VM beside it, in this order."""
        return self.seen(MARK, [vmid for vmid in VMS if vmid != sent[-1][0]], *sent)

    def seen(self, mark: bytes, watchers: Sequence[int], *sent: tuple[int, bytes]) -> list[int]:
        """Which of some VMs get a frame with a mark after some frames."""
        attempt = {'frames': [[f'vm{vmid}', frame.hex()] for vmid, frame in sent], 'mark': mark.hex(),
                   'watchers': [f'vm{vmid}' for vmid in watchers]}
        seen, = self.command('send', attempts=[attempt], seconds=SECONDS)
        return [int(name.removeprefix('vm')) for name in seen]


MARK = b'mark of it..'
NOBODY = '02:00:00:00:00:99'
BROADCAST = 'ff:ff:ff:ff:ff:ff'


def ethernet(source: str, destination: str, kind: int, body: bytes, vlan: int | None = None) -> bytes:
    tag = b'' if vlan is None else struct.pack('!HH', 0x8100, vlan)
    return _mac(destination) + _mac(source) + tag + struct.pack('!H', kind) + body


def udp(source: str, destination: str, ports: tuple[int, int] = (514, 514), payload: bytes = MARK) -> bytes:
    """A UDP packet over IPv4 without a UDP checksum."""
    body = struct.pack('!HHHH', *ports, 8 + len(payload), 0) + payload
    head = struct.pack('!HHHHBBH', 0x4500, 20 + len(body), 0, 0x4000, 64, 17, 0) + _octets(source) + _octets(destination)
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body


def dhcp(kind: int, client: bytes, options: bytes = b'', relay: str = '0.0.0.0') -> bytes:
    """A client's DHCP message (RFC 2131) for a hardware address of six bytes, to everybody."""
    head = struct.pack('!BBBBIHH', 1, 1, 6, 0, int.from_bytes(client[-4:], 'big'), 0, 0x8000) + bytes(12) + _octets(relay)
    body = head + client + bytes(10 + 64 + 128) + bytes.fromhex('63825363') + bytes([53, 1, kind]) + options + b'\xff'
    return udp('0.0.0.0', '255.255.255.255', (68, 67), body)


def asked_for(wanted: str, server: str) -> bytes:
    """Options of a request for an address of a server."""
    return bytes([50, 4]) + _octets(wanted) + bytes([54, 4]) + _octets(server)


def udp6(source: bytes, destination: bytes, ports: tuple[int, int] = (514, 514), payload: bytes = MARK) -> bytes:
    return _ipv6(source, destination, 17, struct.pack('!HHHH', *ports, 8 + len(payload), 0) + payload, 6)


def icmp6(source: bytes, destination: bytes, kind: int, payload: bytes = MARK) -> bytes:
    return _ipv6(source, destination, 58, struct.pack('!BBHI', kind, 0, 0, 0) + bytes(16) + payload, 2)


def _ipv6(source: bytes, destination: bytes, protocol: int, body: bytes, at: int) -> bytes:
    """With the checksum at a place of the body: over the pseudo header (RFC 8200, 8.1)."""
    total = checksum(source + destination + struct.pack('!II', len(body), protocol) + body)
    body = body[:at] + struct.pack('!H', total or 0xffff) + body[at + 2:]
    return struct.pack('!IHBB', 0x60000000, len(body), protocol, 255) + source + destination + body


def link_local(text: str) -> bytes:
    """Link-local address of a MAC."""
    octets = _mac(text)
    return b'\xfe\x80' + bytes(6) + bytes([octets[0] ^ 2]) + octets[1:3] + b'\xff\xfe' + octets[3:]


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def arp(source: str, claimed: str) -> bytes:
    """A gratuitous reply, with the mark behind it as padding."""
    return struct.pack('!HHBBH', 1, 0x0800, 6, 4, 2) + _mac(source) + _octets(claimed) + _mac(BROADCAST) + _octets(claimed) + MARK


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(':', ''))


def _octets(text: str) -> bytes:
    return bytes(map(int, text.split('.')))
