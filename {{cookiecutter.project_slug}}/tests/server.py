"""The production server as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

APPLICATION = "{{ cookiecutter.__package }}.asgi:application"
START_SECONDS = 30
STOP_SECONDS = 15


def free_port() -> int:
    """Return a port that the system has just had free."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def command(port: int) -> list[str]:
    """Return the command that serves the project on a local port."""
{% if cookiecutter.server == 'uvicorn' %}
    return ["uvicorn", APPLICATION, "--host=127.0.0.1", f"--port={port}"]
{% elif cookiecutter.server == 'daphne' %}
    return ["daphne", "--bind=127.0.0.1", f"--port={port}", APPLICATION]
{% elif cookiecutter.server == 'hypercorn' %}
    return ["hypercorn", "--workers=0", f"--bind=127.0.0.1:{port}", APPLICATION]
{% else %}
    return ["granian", "--interface=asgi", "--host=127.0.0.1", f"--port={port}", APPLICATION]
{% endif %}


class Server:
    """A server that has been started, and its address as `host:port`."""

    def __init__(self) -> None:
        """Start the process; `wait_until_ready` waits for its first answer."""
        port = free_port()
        self.address = f"localhost:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command(port)],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        )

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
        # Politely first, since a server that is killed leaves its workers behind.
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
