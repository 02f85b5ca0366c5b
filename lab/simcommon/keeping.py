"""What a machine keeps from one start to the next: its secrets, its certificate and its state, its owner's alone."""

import datetime
import json
import os
import secrets
from pathlib import Path

from cryptography import x509
from fakepve.certs import make_cert

from .control import Control

# A certificate that ends sooner is made anew: nobody plays for longer at a stretch.
REMAINING = datetime.timedelta(days=2)


class Kept:
    """A folder for one machine, made where it is not there; without a folder nothing is kept."""

    def __init__(self, folder: str | None) -> None:
        self.folder = None if folder is None else Path(folder).absolute()
        if self.folder is not None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret(self, name: str) -> str | None:
        """The secret of that name, made at the first start; None where nothing is kept."""
        if self.folder is None:
            return None
        path = self.folder / 'secrets.json'
        known = json.loads(path.read_text()) if path.exists() else {}
        if name not in known:
            known[name] = secrets.token_hex(20)
            _write(path, known)
        return known[name]

    def certificate(self, private: str, name: str, hosts: tuple[str, ...]) -> tuple[str, str]:
        """Files of a certificate and its key: in the folder `private` where nothing is kept."""
        if self.folder is None:
            return make_cert(private, name=name, hosts=hosts)[:2]
        cert, key = (self.folder / f'{name}{end}' for end in ('.crt', '.key'))
        if not (cert.exists() and key.exists() and _lasts(cert)):
            make_cert(str(self.folder), name=name, hosts=hosts)
        return str(cert), str(key)

    def restore(self, control: Control) -> None:
        """Puts back the state that was saved, if any; raises ValueError, with the file, where no machine can be so."""
        path = self._state()
        if path is not None and path.exists():
            try:
                control.restore(json.loads(path.read_text()))
            except (ValueError, KeyError, TypeError) as fault:
                raise ValueError(f'{path}: {fault}') from fault

    def save(self, control: Control) -> None:
        path = self._state()
        if path is not None:
            _write(path, control.whole())

    def _state(self) -> Path | None:
        return None if self.folder is None else self.folder / 'state.json'


def _lasts(cert: Path) -> bool:
    end = x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc
    return end - datetime.datetime.now(datetime.timezone.utc) > REMAINING


def _write(path: Path, data: object) -> None:
    """Writes JSON as a whole, or not at all."""
    partial = path.with_suffix('.partial')
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as out:
        json.dump(data, out)
    partial.replace(path)
