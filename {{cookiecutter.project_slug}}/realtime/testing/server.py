"""The project on its real server, for tests."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

{% if cookiecutter.server == 'uvicorn' %}
from ..management.commands.serve import allow_long_headers, server
{% else %}
from ..management.commands.serve import server
{% endif %}

START_SECONDS = 30
STOP_SECONDS = 15


def free_port() -> int:
    """Return a port that no program uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def database_url() -> str:
    """Return the URL of the test database, for processes that tests start."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(name)}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{quote(name)}").geturl()


class Server:
    """The project on its real server, in a process of its own, with the test database.

    Attributes:
        address: Its host and port, such as "localhost:8000".
    """

    def __init__(self) -> None:
        """Start the process; `wait_until_ready` waits for its first answer."""
        port = free_port()
        self.address = f"localhost:{port}"
{% if cookiecutter.server == 'uvicorn' %}
        allow_long_headers()
{% endif %}
        environment = {**os.environ, "DATABASE_URL": database_url()}
        # The command that `serve` executes. `serve` itself would load the project twice.
        command = [sys.executable, "-m", *server("127.0.0.1", port, 1)]
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)

    def open_socket(
        self, path: str, origin: str | None = None, headers: dict[str, str] | None = None
    ) -> ClientConnection:
        """Open a WebSocket, directly even if the environment names a proxy."""
        url = f"ws://{self.address}{path}"
        origin = origin or f"http://{self.address}"
        return connect(url, origin=Origin(origin), additional_headers=headers, proxy=None)

    def answers(self) -> bool:
        """Return whether the server answers HTTP."""
        connection = HTTPConnection(self.address, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Wait for the server to answer."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, "the server ended before it answered"
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the process."""
        # SIGTERM first, since a server that is killed leaves its workers behind.
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def live_server() -> Iterator[Server]:
    """Run the project on its real server, with the test database."""
    running = Server()
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()
