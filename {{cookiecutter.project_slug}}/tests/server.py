"""The production server as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


def answers(address: str) -> bool:
    """Tell whether a server answers HTTP at this host and port."""
    connection = HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def running_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server; yield its host and port, and its process."""
    port = free_port()
    address = f"localhost:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", *command(port)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(address):
            assert process.poll() is None, "the server ended before it answered"
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.05)
        yield address, process
    finally:
        # Politely first, since a server that is killed leaves its workers behind.
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
