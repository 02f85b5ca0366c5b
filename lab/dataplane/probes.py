"""Probes: one packet's question each, asked from inside a namespace, many at a time."""

import asyncio
import itertools
import socket
import struct
from collections.abc import Sequence
from typing import Any

from . import dns, machine

# Probes under way at once.
AT_ONCE = 1500
SILENT, REFUSED = 'silent', 'refused'
# Seconds between two tries of a question that may be lost.
AGAIN = 0.8
# Numbers every question: what asked before of the same pair must not pass as part of the same connection.
NUMBERS = itertools.count(1)


class Prober:
    """Asks from many namespaces, with one UDP socket for each source port and one ICMP socket in each."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._sockets: dict[tuple[str, str, int], socket.socket] = {}
        self._waiting: dict[tuple[str, bytes], asyncio.Future[str]] = {}

    async def __aenter__(self) -> 'Prober':
        return self

    async def __aexit__(self, *_: object) -> None:
        for opened in self._sockets.values():
            asyncio.get_running_loop().remove_reader(opened)
            opened.close()

    async def ask(self, probes: Sequence[dict[str, Any]]) -> list[str]:
        """For each probe who answered (a namespace's name, or `yes` where an answer names nobody), or SILENT or REFUSED."""
        free = asyncio.Semaphore(AT_ONCE)
        kinds = {'tcp': self._tcp, 'icmp': self._icmp, 'dns': self._dns}

        async def one(probe: dict[str, Any]) -> str:
            async with free:
                if probe['protocol'] == 'udp':
                    return await self._udp(probe['from'], probe['address'], probe['port'], probe.get('sourcePort', 0))
                return await kinds[probe['protocol']](probe['from'], probe['address'], probe.get('port', 0))

        return list(await asyncio.gather(*(one(probe) for probe in probes)))

    async def _tcp(self, namespace: str, address: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        with machine.inside(namespace):
            opened = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_STREAM)
            # A link-local address is one of the link that the host is on.
            to = (address, port, 0, socket.if_nametoindex('eth0')) if ':' in address else (address, port)
        with opened:
            opened.setblocking(False)
            try:
                await asyncio.wait_for(loop.sock_connect(opened, to), self.patience)
            except (asyncio.TimeoutError, TimeoutError, PermissionError):
                return SILENT
            except OSError as error:
                return REFUSED if isinstance(error, ConnectionRefusedError) else SILENT
            try:
                # Unbound waits for a question, which is an answer, too.
                return 'yes' if port == 53 else (await asyncio.wait_for(loop.sock_recv(opened, 64), self.patience)).decode()
            except (asyncio.TimeoutError, TimeoutError, OSError):
                return 'yes'

    async def _udp(self, namespace: str, address: str, port: int, source: int) -> str:
        nonce = b'%012d' % next(NUMBERS)
        return await self._exchange(self._socket(namespace, 'udp', source), (namespace, nonce), nonce, (address, port))

    async def _icmp(self, namespace: str, address: str, _port: int) -> str:
        number = next(NUMBERS)
        nonce = b'%012d' % number
        packet = struct.pack('!BBHHH', 8, 0, 0, number & 0xffff, 1) + nonce
        packet = packet[:2] + struct.pack('!H', _checksum(packet)) + packet[4:]
        return await self._exchange(self._socket(namespace, 'icmp'), (namespace, nonce), packet, (address, 0))

    async def _dns(self, namespace: str, address: str, _port: int) -> str:
        answer = await dns.ask(namespace, address, 'localhost', self.patience)
        return SILENT if answer is None else 'yes'

    async def _exchange(self, opened: socket.socket, key: tuple[str, bytes], packet: bytes, to: tuple[str, int]) -> str:
        """Sends a packet again and again until its answer comes or patience ends."""
        loop = asyncio.get_running_loop()
        answer = self._waiting[key] = loop.create_future()
        end = loop.time() + self.patience
        try:
            while (left := end - loop.time()) > 0:
                try:
                    opened.sendto(packet, to)
                except OSError:
                    # No route, or no neighbour: nothing of it leaves.
                    pass
                done, _ = await asyncio.wait([answer], timeout=min(AGAIN, left))
                if done:
                    return answer.result()
            return SILENT
        finally:
            del self._waiting[key]

    def _socket(self, namespace: str, protocol: str, port: int = 0) -> socket.socket:
        """The socket of a namespace for a protocol that sends from a port; 0: any."""
        opened = self._sockets.get((namespace, protocol, port))
        if opened is None:
            with machine.inside(namespace):
                opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if protocol == 'udp' else \
                    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            opened.setblocking(False)
            if port:
                opened.bind(('', port))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self._sockets[namespace, protocol, port] = opened
            asyncio.get_running_loop().add_reader(opened, self._read, namespace, protocol, opened)
        return opened

    def _read(self, namespace: str, protocol: str, opened: socket.socket) -> None:
        while True:
            try:
                data = opened.recv(256)
            except OSError:
                return
            if protocol == 'icmp':
                # The IP header, then the ICMP header; an echo reply alone is an answer.
                start = (data[0] & 15) * 4
                if data[start] != 0:
                    continue
                nonce, name = data[start + 8:start + 20], 'yes'
            else:
                nonce, name = data[:12], data[13:].decode()
            answer = self._waiting.get((namespace, nonce))
            if answer is not None and not answer.done():
                answer.set_result(name)


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
