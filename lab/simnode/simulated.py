"""The simulated node, put together."""

import secrets

from fakepve import FakePve

from . import inventory
from .access import TOKEN, Access
from .backup_jobs import BackupJobs
from .backups import Backups
from .config import Config
from .drives import Drives
from .durations import Durations
from .faults import Faults
from .firewall import Firewall
from .guests import Guests
from .handling import RequestHandling
from .linked import Linked
from .mappings import Mappings
from .moves import Moves
from .node import Node
from .restores import Restores
from .site import DVNTM, Site
from .snapshots import Snapshots
from .states import States
from .versions import DEFAULT, VERSIONS, Version


class SimulatedNode(RequestHandling, Faults, Access, Backups, BackupJobs, Restores, Snapshots, Config, Drives, Firewall,
                    States, Mappings, Guests, Linked, Moves, Node, Durations, FakePve):
    """PVE 8.4.1 or another version, alone, with its site's templates and one VM that is no tenant's."""

    def __init__(self, host: str, port: int, token_secret: str | None = None, password: str | None = None,
                 pve: Version = VERSIONS[DEFAULT], site: Site = DVNTM) -> None:
        self.pve = pve
        super().__init__(user='root@pam', password=password or secrets.token_urlsafe(16), host=host, port=port)
        self.site = site
        self.apitokens = {TOKEN: token_secret or secrets.token_hex(16)}
        inventory.fill(self)

    @property
    def api_token(self) -> str:
        """The token of the program, as its configuration takes it: user@realm!name=secret."""
        return f'{TOKEN}={self.apitokens[TOKEN]}'
