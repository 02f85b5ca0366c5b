"""A question to a resolver, as far as proofs need it: the addresses of one name (RFC 1035)."""

import asyncio
import itertools
import socket
import struct

from . import machine

NO_ERROR = 0
NUMBERS = itertools.count(1)


async def ask(namespace: str, server: str, name: str, patience: float) -> list[str] | None:
    """Addresses of a name, asked of a server from inside a namespace; empty: none; None: no answer came."""
    number = next(NUMBERS) & 0xffff
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
    question = struct.pack('!6H', number, 0x0100, 1, 0, 0, 0) + labels + b'\0' + struct.pack('!2H', 1, 1)
    loop = asyncio.get_running_loop()
    with machine.inside(namespace):
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with opened:
        opened.setblocking(False)
        tries = max(1, round(patience))
        for _ in range(tries):
            try:
                opened.connect((server, 53))
                opened.send(question)
                answer = await asyncio.wait_for(loop.sock_recv(opened, 4096), patience / tries)
            except (asyncio.TimeoutError, TimeoutError, OSError):
                continue
            if answer[:2] == question[:2]:
                return _addresses(answer, len(question))
    return None


def _addresses(answer: bytes, start: int) -> list[str]:
    _, flags, _, count, _, _ = struct.unpack('!6H', answer[:12])
    found: list[str] = []
    for _ in range(count if flags & 15 == NO_ERROR else 0):
        # A name in an answer is a pointer or labels to the end.
        while answer[start] and answer[start] < 0xc0:
            start += answer[start] + 1
        start += 2 if answer[start] >= 0xc0 else 1
        kind, _, _, length = struct.unpack('!2HIH', answer[start:start + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(answer[start + 10:start + 14]))
        start += 10 + length
    return found
