"""A real SSH server in each VM's namespace, with the resolver that the VM's lease names."""

import os
import socket
import time
from pathlib import Path
from typing import Any

from . import machine

FOLDER = Path('/run/ssh')
# Beside the port that is probed.
PORT = 2222
CONFIGURATION = f'''Port {PORT}
HostKey {FOLDER}/host
AuthorizedKeysFile {FOLDER}/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
'''
# The VM's own resolv.conf, as only this server and what it starts see it.
START = f'mount --bind "$1" /etc/resolv.conf && exec /usr/sbin/sshd -D -e -f {FOLDER}/config'


def serve(leases: dict[str, dict[str, Any]], authorized: str) -> str:
    """Starts servers that let root in with a key, for VMs by VMID; gives back their host key."""
    FOLDER.mkdir(mode=0o700)
    machine.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(FOLDER / 'host'))
    (FOLDER / 'authorized').write_text(authorized)
    (FOLDER / 'config').write_text(CONFIGURATION)
    for vmid, lease in leases.items():
        lines = [*(f'nameserver {one}' for one in lease.get('resolvers', ())), f'search {lease.get("search", "")}']
        resolver = FOLDER / f'resolv-{vmid}'
        resolver.write_text('\n'.join(lines) + '\n')
        os.chmod(resolver, 0o644)
        machine.start(f'vm{vmid}', 'unshare', '--mount', 'sh', '-c', START, 'ssh', str(resolver), log=f'/var/log/ssh-{vmid}.log')
    for vmid in leases:
        _await(f'vm{vmid}')
    return ' '.join((FOLDER / 'host.pub').read_text().split()[:2])


def _await(namespace: str) -> None:
    """Waits until a namespace's server lets in."""
    deadline = time.monotonic() + machine.PATIENCE
    with machine.inside(namespace):
        while True:
            try:
                socket.create_connection(('127.0.0.1', PORT), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
