"""Sends one DHCP request of a client's from eth0 of the namespace that it runs in, and prints the address that is given: a line
of JSON says its fields (chaddr, and where wanted giaddr, ciaddr, source, gateway, options as hexadecimal)."""

import json
import socket
import struct
import sys
import time

ALL_FRAMES, OUTGOING = 0x0003, 4
DISCOVER, REQUEST, RELEASE = 1, 3, 7
SECONDS = 1.5


def main() -> None:
    asked = json.loads(sys.argv[1])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_FRAMES)) as opened:
        opened.bind(('eth0', ALL_FRAMES))
        opened.settimeout(SECONDS / 10)
        opened.send(frame(asked, opened.getsockname()[4]))
        print(answer(opened))


def frame(asked: dict[str, str], own: bytes) -> bytes:
    ciaddr, giaddr, gateway = (asked.get(name, '0.0.0.0') for name in ('ciaddr', 'giaddr', 'gateway'))
    kind = {'discover': DISCOVER, 'request': REQUEST, 'release': RELEASE}[asked['kind']]
    addresses = b''.join(map(socket.inet_aton, (ciaddr, '0.0.0.0', '0.0.0.0', giaddr)))
    body = (struct.pack('!BBBBIHH', 1, 1, 6, 0, 4711, 0, 0x8000) + addresses + mac(asked['chaddr']) + bytes(10 + 192)
            + b'\x63\x82\x53\x63' + bytes([53, 1, kind]) + bytes.fromhex(asked.get('options', '')) + b'\xff')
    udp = struct.pack('!HHHH', 68, 67, 8 + len(body), 0) + body
    to = '255.255.255.255' if gateway == '0.0.0.0' else gateway
    head = (struct.pack('!HHHHBBH', 0x4500, 20 + len(udp), 0, 0x4000, 64, 17, 0)
            + socket.inet_aton(asked.get('source', '0.0.0.0')) + socket.inet_aton(to))
    head = head[:10] + struct.pack('!H', checksum(head)) + head[12:]
    return mac(asked.get('to', 'ff:ff:ff:ff:ff:ff')) + own + b'\x08\x00' + head + udp


def answer(opened: socket.socket) -> str:
    """The address in the first answer; `none` where none comes."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            data, (_, _, kind, _, _) = opened.recvfrom(2048)
        except TimeoutError:
            continue
        reply = data[14 + 20 + 8:]
        if kind != OUTGOING and data[12:14] == b'\x08\x00' and data[23] == socket.IPPROTO_UDP and reply[:1] == b'\x02':
            return socket.inet_ntoa(reply[16:20])
    return 'none'


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(':', ''))


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


main()
