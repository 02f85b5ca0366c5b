"""Starts the simulated node and says on standard output, in one line of JSON, how to reach it."""

import os
import sys
from pathlib import Path

from simcommon import process

from .control import Control
from .inventory import NODE
from .simulated import SimulatedNode
from .versions import DEFAULT, VERSIONS

# Names in the certificate beside the address.
NAMES = ('127.0.0.1', 'localhost', 'hv02.dvntm.deevnet.net')
TOKEN_SECRET = 'SIMNODE_TOKEN_SECRET'
PVE = 'PVE'


def main() -> int:
    parser = process.parser(
        'simnode', __doc__,
        f'{TOKEN_SECRET} in the environment sets the secret of the API token. The node stops at SIGTERM, at SIGINT and '
        'when its parent process ends.')
    parser.add_argument('--pve', choices=VERSIONS, default=os.environ.get(PVE) or DEFAULT,
                        help=f'version of PVE whose answers it gives; {PVE} in the environment sets it too')
    options = parser.parse_args()

    async def machine(folder: Path) -> None:
        kept = options.keep
        secret = os.environ.get(TOKEN_SECRET) or kept.secret('token')
        node = SimulatedNode(options.host, options.port, secret, kept.secret('password'), VERSIONS[options.pve])

        async def start() -> None:
            with process.certificate(folder, kept, 'hv02', (*NAMES, options.host)) as (certificate, key):
                await node.start(certificate, key)

        await process.serve(start, node.stop, Control(node, folder / 'control.sock'), kept, lambda: {
            'endpoint': f'{node.url}/', 'caFile': str(folder / 'ca.pem'), 'apiToken': node.api_token,
            'rootPassword': node.password, 'node': NODE})

    return process.run('simnode', options.run_dir, machine)


if __name__ == '__main__':
    sys.exit(main())
