"""Starts the simulated node and says on standard output, in one line of JSON, how to reach it."""

import os
import sys
from pathlib import Path

from simcommon import process

from .control import Control
from .simulated import SimulatedNode
from .site import DVNTM, parse
from .versions import DEFAULT, VERSIONS

TOKEN_SECRET = 'SIMNODE_TOKEN_SECRET'
PVE = 'PVE'


def main() -> int:
    parser = process.parser(
        'simnode', __doc__,
        f'{TOKEN_SECRET} in the environment sets the secret of the API token. The node stops at SIGTERM, at SIGINT and '
        'when its parent process ends.')
    parser.add_argument('--pve', choices=VERSIONS, default=os.environ.get(PVE) or DEFAULT,
                        help=f'version of PVE whose answers it gives; {PVE} in the environment sets it too')
    process.add_site(parser)
    options = parser.parse_args()

    async def machine(folder: Path) -> None:
        kept = options.keep
        site = process.site(options.site, parse, DVNTM)
        secret = os.environ.get(TOKEN_SECRET) or kept.secret('token')
        node = SimulatedNode(options.host, options.port, secret, kept.secret('password'), VERSIONS[options.pve], site)

        names = ('127.0.0.1', 'localhost', site.host, options.host)

        async def start() -> None:
            with process.certificate(folder, kept, site.host.partition('.')[0], names) as (certificate, key):
                await node.start(certificate, key)

        await process.serve(start, node.stop, Control(node, folder / 'control.sock'), kept, lambda: {
            'endpoint': f'{node.url}/', 'caFile': str(folder / 'ca.pem'), 'apiToken': node.api_token,
            'rootPassword': node.password, 'node': site.node})

    return process.run('simnode', options.run_dir, machine)


if __name__ == '__main__':
    sys.exit(main())
