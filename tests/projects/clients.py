"""Clients and processes that talk to generated projects."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

SECONDS = 30


def wait_until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def get(port: int, path: str) -> tuple[int, dict[str, str], str]:
    """Return the status, the headers and the text of a page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, response.read().decode()
    finally:
        connection.close()


def is_up(port: int) -> bool:
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def open_socket(port: int, path: str = "/ws/index/", origin: str = "") -> ClientConnection:
    own = f"http://127.0.0.1:{port}"
    # No proxy: the machine's settings have no say in a test on loopback.
    return connect(f"ws://127.0.0.1:{port}{path}", origin=Origin(origin or own), proxy=None)


def say(client: ClientConnection, text: str) -> None:
    client.send(json.dumps({"message": text}, ensure_ascii=False))


def hear(client: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(client.recv(timeout=SECONDS))
    return frame


@contextmanager
def running(
    command: list[str], port: int, folder: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; kill all it started if the block left it running."""
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, start_new_session=True
    )
    try:
        wait_until(lambda: process.poll() is not None or is_up(port), "the server answers")
        assert process.poll() is None, "the server ended before it answered"
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
