"""Connections that stay open: a packet of each belongs to the same connection, whatever the rules became meanwhile."""

import asyncio
import socket

from . import machine

SILENT = 'silent'


class Connections:
    """UDP sockets by the names that whoever opened them gave them."""

    def __init__(self) -> None:
        self._open: dict[str, socket.socket] = {}

    def open(self, name: str, namespace: str, address: str, port: int) -> None:
        """Opens one from inside a namespace; nothing is sent yet."""
        with machine.inside(namespace):
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.connect((address, port))
        self._open[name] = opened

    async def ask(self, name: str, patience: float) -> str:
        """Sends a packet; who answered, or SILENT."""
        loop, opened = asyncio.get_running_loop(), self._open[name]
        try:
            opened.send(bytes(12))
            return (await asyncio.wait_for(loop.sock_recv(opened, 256), patience))[13:].decode()
        except (asyncio.TimeoutError, TimeoutError, OSError):
            return SILENT
