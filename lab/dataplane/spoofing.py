"""Frames that a VM makes itself, past its own network stack: sent as they are, and who gets them."""

import select
import socket
import time

from . import machine

# From linux/if_ether.h: every frame.
ALL_FRAMES = 0x0003
# How often a frame is sent: the first may only teach switch and router where somebody is.
TIMES = 3


def send(sender: str, frame: str, mark: str, watchers: list[str], seconds: float) -> list[str]:
    """Sends a frame (hexadecimal) from a VM's NIC and gives back at which watchers' NICs a frame with the mark
    (hexadecimal) came in within some seconds."""
    wanted = bytes.fromhex(mark)
    listening = {_socket(namespace): namespace for namespace in watchers}
    seen: set[str] = set()
    with _socket(sender) as out:
        end = time.monotonic() + seconds
        for number in range(TIMES):
            out.send(bytes.fromhex(frame))
            # All but the last wait a moment alone.
            _watch(listening, wanted, seen, end if number == TIMES - 1 else time.monotonic() + 0.1)
    for opened in listening:
        opened.close()
    return sorted(seen)


def _watch(listening: dict[socket.socket, str], wanted: bytes, seen: set[str], end: float) -> None:
    while len(seen) < len(listening) and (left := end - time.monotonic()) > 0:
        for opened in select.select(list(listening), [], [], left)[0]:
            data, (_, _, kind, _, _) = opened.recvfrom(2048)
            if kind != socket.PACKET_OUTGOING and wanted in data:
                seen.add(listening[opened])


def _socket(namespace: str) -> socket.socket:
    with machine.inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_FRAMES))
    opened.bind(('eth0', ALL_FRAMES))
    return opened
