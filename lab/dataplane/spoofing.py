"""Frames that a VM makes itself, past its own network stack: sent as they are, and who gets them."""

import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from . import machine

# From linux/if_ether.h: every frame.
ALL_FRAMES = 0x0003
# Type of a frame with IPv4, and the protocol in it.
ICMP = b'\x08\x00\x01'
# How often a frame is sent: the first may only teach switch and router where somebody is.
TIMES = 2
# Seconds that a frame has before the next is sent.
PAUSE = 0.05


@dataclass(frozen=True)
class Attempt:
    """Frames in the order in which they are sent, each with the namespace that sends it; the last one counts."""

    frames: Sequence[tuple[str, str]]
    # Part of the last frame, hexadecimal, that no other attempt has.
    mark: str
    # Namespaces whose NICs are looked at.
    watchers: Sequence[str]


def send(attempts: Sequence[Attempt], seconds: float) -> list[list[str]]:
    """Sends frames (hexadecimal) from NICs, one attempt after the other, and gives back at which watchers' NICs the last of each
    came in, until some seconds after the last one."""
    with ExitStack() as stack:
        senders = {name: stack.enter_context(_socket(name)) for one in attempts for name, _ in one.frames}
        watch = Watch(stack, attempts)
        for attempt in attempts:
            for _ in range(TIMES):
                for name, frame in attempt.frames:
                    senders[name].send(bytes.fromhex(frame))
                    watch.look(PAUSE)
        watch.look(seconds)
        return [sorted(found) for found in watch.seen]


class Watch:
    """The NICs that some attempts are to be seen at, or not."""

    def __init__(self, stack: ExitStack, attempts: Sequence[Attempt]) -> None:
        # Not select(), which cannot hold the numbers of many open files.
        self._selector = stack.enter_context(selectors.DefaultSelector())
        self._attempts = attempts
        self.seen: list[set[str]] = [set() for _ in attempts]
        for namespace in {name for one in attempts for name in one.watchers}:
            self._selector.register(stack.enter_context(_socket(namespace)), selectors.EVENT_READ, namespace)

    def look(self, seconds: float) -> None:
        """Takes in what comes within some seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                data, (_, _, kind, _, _) = key.fileobj.recvfrom(2048)  # type: ignore[union-attr]
                # An error that quotes a frame to whoever it claims to be of is not that frame.
                if kind != socket.PACKET_OUTGOING and data[12:14] + data[23:24] != ICMP:
                    self._take(key.data, data)

    def _take(self, namespace: str, data: bytes) -> None:
        for attempt, seen in zip(self._attempts, self.seen, strict=True):
            if namespace in attempt.watchers and bytes.fromhex(attempt.mark) in data:
                seen.add(namespace)


def _socket(namespace: str) -> socket.socket:
    with machine.inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_FRAMES))
    opened.bind(('eth0', ALL_FRAMES))
    return opened
