"""Frames that a VM makes itself, past its own network stack: sent as they are, and who gets them."""

import selectors
import socket
import time
from contextlib import ExitStack

from . import machine

# From linux/if_ether.h: every frame.
ALL_FRAMES = 0x0003
# How often a frame is sent: the first may only teach switch and router where somebody is.
TIMES = 3


def send(sender: str, frame: str, mark: str, watchers: list[str], seconds: float) -> list[str]:
    """Sends a frame (hexadecimal) from a VM's NIC and gives back at which watchers' NICs a frame with the mark
    (hexadecimal) came in within some seconds."""
    seen: set[str] = set()
    with ExitStack() as stack:
        out = stack.enter_context(_socket(sender))
        # Not select(), which cannot hold the numbers of many open files.
        selector = stack.enter_context(selectors.DefaultSelector())
        for namespace in watchers:
            selector.register(stack.enter_context(_socket(namespace)), selectors.EVENT_READ, namespace)
        end = time.monotonic() + seconds
        for number in range(TIMES):
            out.send(bytes.fromhex(frame))
            # All but the last wait a moment alone.
            _watch(selector, bytes.fromhex(mark), seen, end if number == TIMES - 1 else time.monotonic() + 0.1)
    return sorted(seen)


def _watch(selector: selectors.BaseSelector, mark: bytes, seen: set[str], end: float) -> None:
    while (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            data, (_, _, kind, _, _) = key.fileobj.recvfrom(2048)  # type: ignore[union-attr]
            if kind != socket.PACKET_OUTGOING and mark in data:
                seen.add(key.data)


def _socket(namespace: str) -> socket.socket:
    with machine.inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_FRAMES))
    opened.bind(('eth0', ALL_FRAMES))
    return opened
