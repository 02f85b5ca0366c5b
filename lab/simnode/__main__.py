"""Start a simulated PVE 8.4.1 node, as hv02 of dvntm, on loopback.

One JSON line on standard output says where it listens and how to log in. It stops on SIGTERM, SIGINT, or when the
process that started it ends.
"""

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import shutil
import signal
import sys
import tempfile

from fakepve.certs import make_cert

from . import hv02
from .control import Control
from .node import SimulatedNode
from .role import TOKEN

# How often it is looked whether the parent is still there, in seconds.
PARENT_POLL = 0.2


def loopback(text):
    """An address of this machine alone: the node has no real security."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise argparse.ArgumentTypeError('{0} is not an IP address'.format(text)) from None
    if not address.is_loopback:
        raise argparse.ArgumentTypeError('{0} is not a loopback address; allowed: 127.0.0.1'.format(text))
    return text


def arguments():
    parser = argparse.ArgumentParser(prog='python -m simnode', description=__doc__.splitlines()[0])
    parser.add_argument('--host', type=loopback, default='127.0.0.1', help='loopback address (default 127.0.0.1)')
    parser.add_argument('--port', type=int, default=0, help='port; 0, the default, takes a free one')
    parser.add_argument('--run-dir', help='folder for the certificate and the control socket (default: a new one)')
    parser.add_argument('--time-scale', type=float, default=0,
                        help='real seconds per PVE second; 0, the default, ends each task at once')
    parser.epilog = 'SIMNODE_TOKEN_SECRET, where set, is the secret of the API token ' + TOKEN
    return parser.parse_args()


async def serve(args, run_dir):
    parent = os.getppid()
    node = SimulatedNode(args.host, args.port, os.environ.get('SIMNODE_TOKEN_SECRET'))
    node.time_scale = args.time_scale
    certfile, keyfile, _ = make_cert(run_dir, 'node', hosts=(args.host, 'hv02.dvntm.deevnet.net'))
    try:
        await node.start(certfile, keyfile)
    finally:
        os.unlink(keyfile)
    control = Control(node, os.path.join(run_dir, 'control.sock'))
    await control.start()
    print(json.dumps({'endpoint': node.url + '/', 'caFile': certfile, 'node': hv02.NODE, 'control': control.path,
                      'apiToken': '{0}={1}'.format(TOKEN, node.token_secret), 'rootPassword': node.password}),
          flush=True)
    await until_told_or_orphaned(parent)
    await control.stop()
    await node.stop()


async def until_told_or_orphaned(parent):
    """Wait for a signal to stop, or for the parent to end."""
    told = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    while os.getppid() == parent:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(told.wait(), PARENT_POLL)
            return


def main():
    args = arguments()
    run_dir = args.run_dir or tempfile.mkdtemp(prefix='simnode-')
    os.makedirs(run_dir, mode=0o700, exist_ok=True)
    os.chmod(run_dir, 0o700)
    try:
        asyncio.run(serve(args, run_dir))
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
