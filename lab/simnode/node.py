"""The simulated node: fakepve with what a PVE 8.4 node does differently."""

import secrets

from fakepve import FakePve

from . import hv02
from .config import Config
from .role import TOKEN, grant_to
from .routes import Routes


class SimulatedNode(Config, Routes, FakePve):
    """hv02 of dvntm, with the project's API token and its minimal role."""

    def __init__(self, host, port, token_secret=None):
        super().__init__(user='root@pam', password=secrets.token_urlsafe(16), host=host, port=port)
        self.log = []
        self.token_secret = token_secret or secrets.token_hex(16)
        self.apitokens = {TOKEN: self.token_secret}
        hv02.furnish(self)
        grant_to(self)
