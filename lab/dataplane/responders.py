"""Who is there: in every namespace sockets that answer with the namespace's name, so that a probe knows whom it reached."""

import asyncio
import socket
from collections.abc import Iterable

from . import machine

# TCP and UDP ports of the router that its own services answer on.
TAKEN = {('router', 'tcp', 53), ('router', 'udp', 53), ('router', 'udp', 67)}


class Responders:
    """Listeners of one measurement."""

    def __init__(self) -> None:
        self._open: set[tuple[str, str, str, int]] = set()
        self._transports: list[asyncio.BaseTransport | asyncio.Server] = []

    def close(self) -> None:
        """Stops to listen."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()
        self._open.clear()

    async def listen(self, namespace: str, addresses: Iterable[str], ports: dict[str, list[int]]) -> None:
        """Listens at addresses of a namespace on TCP and UDP ports where nobody listens yet."""
        for address in addresses:
            for protocol, numbers in ports.items():
                for port in numbers:
                    key = (namespace, protocol, address, port)
                    if key not in self._open and (namespace, protocol, port) not in TAKEN:
                        self._open.add(key)
                        self._transports.append(await _open(namespace, protocol, address, port))


async def _open(namespace: str, protocol: str, address: str, port: int) -> asyncio.BaseTransport | asyncio.Server:
    kind = socket.SOCK_STREAM if protocol == 'tcp' else socket.SOCK_DGRAM
    with machine.inside(namespace):
        opened = socket.socket(socket.AF_INET, kind)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((address, port))
    name = namespace.encode()
    if protocol == 'udp':
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Echo(name), sock=opened)
        return transport

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name)
        writer.close()

    return await asyncio.start_server(greet, sock=opened, backlog=1024)


class _Echo(asyncio.DatagramProtocol):
    """Answers with what came and its own name."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        self.transport.sendto(data + b' ' + self.name, source)  # type: ignore[attr-defined]
