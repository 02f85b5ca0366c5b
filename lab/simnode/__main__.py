"""Starts the simulated node and says on standard output, in one line of JSON, how to reach it."""

import argparse
import asyncio
import ipaddress
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

from fakepve.certs import make_cert

from .control import Control
from .inventory import NODE
from .lifetime import Ending, run_dir
from .simulated import SimulatedNode

# Taken before anything else, so that a parent that ends during the start is noticed.
PARENT = os.getppid()
# Names in the certificate beside the address.
NAMES = ('127.0.0.1', 'localhost', 'hv02.dvntm.deevnet.net')
TOKEN_SECRET = 'SIMNODE_TOKEN_SECRET'


def loopback(text: str) -> str:
    """A numeric loopback address, or argparse's error: nobody but this machine may reach the node."""
    try:
        if ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f'{text} is not a loopback address, such as 127.0.0.1')


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m simnode', description=__doc__,
        epilog=f'{TOKEN_SECRET} in the environment sets the secret of the API token. The node stops at SIGTERM, at '
               'SIGINT and when its parent process ends.')
    parser.add_argument('--run-dir', help='empty directory for the certificate and the control socket, left empty '
                                          'again (default: a temporary one)')
    parser.add_argument('--host', type=loopback, default='127.0.0.1', help='loopback address to listen on')
    parser.add_argument('--port', type=int, default=0, help='port to listen on (default: a free one)')
    return parser.parse_args()


async def serve(options: argparse.Namespace, folder: Path) -> None:
    ending = Ending(PARENT)
    node = SimulatedNode(options.host, options.port, os.environ.get(TOKEN_SECRET))
    control = Control(node, folder / 'control.sock')
    ca_file = folder / 'ca.pem'
    # The key is on disk only until it is loaded.
    with tempfile.TemporaryDirectory(dir=folder) as private:
        certificate, key, _der = make_cert(private, name='hv02', hosts=(*NAMES, options.host))
        ca_file.write_bytes(Path(certificate).read_bytes())
        await node.start(certificate, key)
    try:
        await control.start()
        print(json.dumps({'endpoint': f'{node.url}/', 'caFile': str(ca_file), 'apiToken': node.api_token,
                          'rootPassword': node.password, 'node': NODE, 'control': str(control.path)}), flush=True)
        await ending.wait()
    finally:
        await control.stop()
        await node.stop()


def main() -> int:
    options = arguments()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        with run_dir(options.run_dir) as folder:
            asyncio.run(serve(options, folder))
    except (ValueError, OSError) as fault:
        print(f'simnode: {fault}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
