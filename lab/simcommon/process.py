"""A simulated machine as a process: its arguments, its certificate, and one line of JSON when it is ready."""

import argparse
import asyncio
import ipaddress
import json
import logging
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from .control import Control
from .keeping import Kept
from .lifetime import Ending, run_dir

# Taken before anything else, so that a parent that ends during the start is noticed.
PARENT = os.getppid()

Kind = TypeVar('Kind')


def loopback(text: str) -> str:
    """A numeric loopback address, or argparse's error: nobody but this machine may reach what is simulated."""
    try:
        if ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f'{text} is not a loopback address, such as 127.0.0.1')


def parser(package: str, description: str | None, epilog: str) -> argparse.ArgumentParser:
    """The options that every simulated machine takes."""
    options = argparse.ArgumentParser(prog=f'python -m {package}', description=description, epilog=epilog)
    options.add_argument('--run-dir', help='empty directory for the certificate and the control socket, left empty '
                                           'again (default: a temporary one)')
    options.add_argument('--host', type=loopback, default='127.0.0.1', help='loopback address to listen on')
    options.add_argument('--port', type=int, default=0, help='port to listen on (default: a free one)')
    options.add_argument('--keep', type=Kept, default=Kept(None), metavar='FOLDER',
                         help='folder that keeps secrets, certificate and state for the next start (default: all are new)')
    return options


def add_site(options: argparse.ArgumentParser) -> None:
    """The option that says in which site a machine stands."""
    options.add_argument('--site', metavar='FILE', help='JSON of the site that it stands in; -: standard input (default: that '
                                                        'of the lab\'s dvntm)')


def site(file: str | None, parse: Callable[[Any], Kind], default: Kind) -> Kind:
    """The site of the option; raises ValueError, with the file, for JSON that is none."""
    if file is None:
        return default
    text = sys.stdin.read() if file == '-' else Path(file).read_text()
    try:
        return parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f'{file} is no site: {fault!r}') from fault


@contextmanager
def certificate(folder: Path, kept: Kept, name: str, hosts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Files of a certificate and its key; unless they are kept, the key is on disk only inside the block. The certificate
    stays as ca.pem."""
    with tempfile.TemporaryDirectory(dir=folder) as private:
        cert, key = kept.certificate(private, name, hosts)
        (folder / 'ca.pem').write_bytes(Path(cert).read_bytes())
        yield cert, key


async def serve(start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]], control: Control, kept: Kept,
                ready: Callable[[], dict[str, Any]]) -> None:
    """Runs a machine until it is to end; says how to reach it once it can be reached."""
    ending = Ending(PARENT)
    kept.restore(control)
    await start()
    try:
        await control.start()
        print(json.dumps({**ready(), 'control': str(control.path)}), flush=True)
        await ending.wait()
        kept.save(control)
    finally:
        await control.stop()
        await stop()


def run(package: str, folder: str | None, machine: Callable[[Path], Coroutine[Any, Any, None]]) -> int:
    """Runs a machine in a directory of its own and gives back the exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        with run_dir(folder, package) as path:
            asyncio.run(machine(path))
    except (ValueError, OSError) as fault:
        print(f'{package}: {fault}', file=sys.stderr)
        return 1
    return 0
