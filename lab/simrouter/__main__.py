"""Starts the simulated router and says on standard output, in one line of JSON, how to reach it."""

import os
import sys
from pathlib import Path

from simcommon import process

from .control import Control
from .hostname import DOMAIN, HOSTNAME
from .router import SimulatedRouter
from .versions import NEWEST, VERSIONS

# Names in the certificate beside the address.
NAMES = ('127.0.0.1', 'localhost', f'{HOSTNAME}.{DOMAIN}')
API_SECRET = 'SIMROUTER_API_SECRET'
OPNSENSE = 'OPNSENSE'


def main() -> int:
    parser = process.parser(
        'simrouter', __doc__,
        f'{API_SECRET} in the environment sets the secret of the API key. The router stops at SIGTERM, at SIGINT and '
        'when its parent process ends.')
    parser.add_argument('--unassigned', action='store_true',
                        help='start without VLANs 50-59, which a person makes and assigns once on a real router')
    parser.add_argument('--opnsense', choices=VERSIONS, default=os.environ.get(OPNSENSE) or NEWEST,
                        help=f'version of OPNsense whose answers it gives; {OPNSENSE} in the environment sets it too')
    options = parser.parse_args()

    async def machine(folder: Path) -> None:
        kept = options.keep
        router = SimulatedRouter(options.host, options.port, os.environ.get(API_SECRET), not options.unassigned,
                                 VERSIONS[options.opnsense])
        router.keys = {name: (kept.secret(f'{name} key') or key, kept.secret(f'{name} secret') or secret)
                       for name, (key, secret) in router.keys.items()}

        async def start() -> None:
            with process.certificate(folder, kept, HOSTNAME, (*NAMES, options.host)) as (certificate, key):
                await router.start(certificate, key)

        def ready() -> dict[str, str]:
            (key, secret), (root_key, root_secret) = router.keys['deevnet'], router.keys['root']
            return {'endpoint': router.url, 'caFile': str(folder / 'ca.pem'), 'apiKey': key, 'apiSecret': secret,
                    'rootKey': root_key, 'rootSecret': root_secret}

        await process.serve(start, router.stop, Control(router, folder / 'control.sock'), kept, ready)

    return process.run('simrouter', options.run_dir, machine)


if __name__ == '__main__':
    sys.exit(main())
