"""Network namespaces, links and processes of this data plane. All of it lies in namespaces of this process tree's own
and ends with it."""

import array
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# linux/sched.h, linux/ethtool.h and linux/sockios.h.
CLONE_NEWNET = 0x40000000
ETHTOOL_SET_TX_CHECKSUM, SIOCETHTOOL = 0x17, 0x8946
LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = Path('/run/netns')
# Seconds that a daemon may take to come up.
PATIENCE = 30


class CommandError(Exception):
    """A command that failed, with what it said."""


def run(*command: str, given: str = '') -> str:
    """Runs a command to its end and gives back what it wrote; raises CommandError."""
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise CommandError(f'{" ".join(command)[:200]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}')
    return done.stdout


def ip(lines: Sequence[str], namespace: str | None = None) -> None:
    """Runs many commands of ip at once."""
    if lines:
        run('ip', *(('-n', namespace) if namespace else ()), '-batch', '-', given='\n'.join(lines) + '\n')


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Sockets that are made within belong to a namespace, and stay in it. For one thread."""
    with open('/proc/thread-self/ns/net') as home, open(NAMESPACES / namespace) as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor: int) -> None:
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'setns')


def add_namespace(name: str, forwards: bool = False) -> None:
    """A namespace with loopback. Each has IPv6 as Linux has it, a link-local address at every device included."""
    run('ip', 'netns', 'add', name)
    ip(['link set lo up'], name)
    if forwards:
        with inside(name):
            _sysctl('ipv4/ip_forward', '1')
            _sysctl('ipv6/conf/all/forwarding', '1')


def _sysctl(path: str, value: str) -> None:
    Path('/proc/sys/net', path).write_text(value)


def add_link(outside: str, namespace: str, device: str, mac: str | None = None) -> None:
    """A veth pair: one end here, the other as a device in a namespace."""
    address = f' address {mac}' if mac else ''
    ip([f'link add name {outside} type veth peer name {device}{address} netns {namespace}', f'link set {outside} up'])
    ip([f'link set {device} up'], namespace)
    with inside(namespace):
        finish_checksums(device)


def finish_checksums(device: str) -> None:
    """Has the kernel put checksums in before it hands packets to the switch, which runs in user space and does not."""
    value = array.array('B', struct.pack('II', ETHTOOL_SET_TX_CHECKSUM, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, SIOCETHTOOL, struct.pack('16sP', device.encode(), value.buffer_info()[0]))


def start(namespace: str, *command: str, log: str) -> subprocess.Popen[bytes]:
    """Starts a daemon in a namespace."""
    with inside(namespace), open(log, 'ab') as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                env={**os.environ, 'KEA_PIDFILE_DIR': '/run', 'KEA_LOCKFILE_DIR': '/run'})


def mount_all() -> None:
    """Fills this process tree's own view of the root file system: what changes lies in memory."""
    run('mount', '-t', 'proc', 'proc', '/proc')
    run('mount', '-t', 'sysfs', 'sysfs', '/sys')
    for folder in ('/dev', '/run', '/tmp', '/var/lib', '/var/log'):
        run('mount', '-t', 'tmpfs', 'tmpfs', folder)
    os.mkdir('/dev/net')
    for path, major, minor in (('null', 1, 3), ('zero', 1, 5), ('random', 1, 8), ('urandom', 1, 9), ('net/tun', 10, 200)):
        os.mknod(f'/dev/{path}', 0o600 | 0o020000, os.makedev(major, minor))
        os.chmod(f'/dev/{path}', 0o666)
    NAMESPACES.mkdir()
    for folder in ('/run/openvswitch', '/run/sshd', '/var/lib/dhcp'):
        os.makedirs(folder)
