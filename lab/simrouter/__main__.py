"""Starts the simulated router and says on standard output, in one line of JSON, how to reach it."""

import os
import sys
from pathlib import Path

from simcommon import process

from .control import Control
from .router import SimulatedRouter
from .site import DVNTM, parse
from .versions import NEWEST, VERSIONS

API_SECRET = 'SIMROUTER_API_SECRET'
OPNSENSE = 'OPNSENSE'


def main() -> int:
    parser = process.parser(
        'simrouter', __doc__,
        f'{API_SECRET} in the environment sets the secret of the API key. The router stops at SIGTERM, at SIGINT and '
        'when its parent process ends.')
    parser.add_argument('--unassigned', action='store_true',
                        help='start without the VLANs of tenants, which a person makes and assigns once on a real router')
    process.add_site(parser)
    parser.add_argument('--opnsense', choices=VERSIONS, default=os.environ.get(OPNSENSE) or NEWEST,
                        help=f'version of OPNsense whose answers it gives; {OPNSENSE} in the environment sets it too')
    options = parser.parse_args()

    async def machine(folder: Path) -> None:
        kept = options.keep
        site = process.site(options.site, parse, DVNTM)
        router = SimulatedRouter(options.host, options.port, os.environ.get(API_SECRET), not options.unassigned,
                                 VERSIONS[options.opnsense], site)
        router.keys = {name: (kept.secret(f'{name} key') or key, kept.secret(f'{name} secret') or secret)
                       for name, (key, secret) in router.keys.items()}

        async def start() -> None:
            names = ('127.0.0.1', 'localhost', f'{site.hostname}.{site.domain}', options.host)
            with process.certificate(folder, kept, site.hostname, names) as (certificate, key):
                await router.start(certificate, key)

        def ready() -> dict[str, str]:
            (key, secret), (root_key, root_secret) = router.keys['deevnet'], router.keys['root']
            return {'endpoint': router.url, 'caFile': str(folder / 'ca.pem'), 'apiKey': key, 'apiSecret': secret,
                    'rootKey': root_key, 'rootSecret': root_secret}

        await process.serve(start, router.stop, Control(router, folder / 'control.sock'), kept, ready)

    return process.run('simrouter', options.run_dir, machine)


if __name__ == '__main__':
    sys.exit(main())
