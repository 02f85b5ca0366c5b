"""Starts a simulated machine, and talks to it and to its control interface."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

LAB = Path(__file__).resolve().parents[2] / 'lab'

# Seconds to wait for what comes at once on a machine that does nothing else.
PATIENCE = 60
# A connection that was idle for longer is not used again: the machine may be closing it.
IDLE_SECONDS = 5


class ApiError(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, message: str, errors: dict[str, str] | None) -> None:
        super().__init__(f'{status} {message}')
        self.status, self.message, self.errors = status, message, errors


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__('localhost', timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def start(package: str, run_dir: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Starts `python -m simnode` or `simrouter` as a person does."""
    return subprocess.Popen(
        [sys.executable, '-m', package, '--run-dir', str(run_dir), *options], cwd=LAB, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment})


class Machine:
    """A running machine, from the line that it said when it was ready."""

    def __init__(self, ready: dict[str, str]) -> None:
        self.ready = ready
        self.address = urllib.parse.urlsplit(ready['endpoint'])
        self.tls = ssl.create_default_context(cafile=ready['caFile'])
        # Its connection of each thread: a handshake takes longer than most answers.
        self.kept = threading.local()

    def ask(self, method: str, path: str, body: str | None, headers: dict[str, str],
            timeout: float = PATIENCE) -> tuple[http.client.HTTPResponse, str]:
        """Sends a request over TLS and gives back the answer with its text."""
        connection, used = getattr(self.kept, 'connection', (None, 0.0))
        if connection is None or connection.timeout != timeout or time.monotonic() - used > IDLE_SECONDS:
            connection = self.connection(timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read().decode()
        except BaseException:
            connection.close()
            raise
        finally:
            self.kept.connection = connection, time.monotonic()

    def connection(self, timeout: float = PATIENCE) -> http.client.HTTPSConnection:
        """A further connection over TLS, which opens with its first request."""
        return http.client.HTTPSConnection(self.address.hostname, self.address.port, context=self.tls, timeout=timeout)

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """Calls the control interface."""
        connection = UnixConnection(self.ready['control'])
        try:
            connection.request(method, path, None if content is None else json.dumps(content))
            answer = connection.getresponse()
            data = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 400:
            raise ApiError(answer.status, data['error'], None)
        return data
