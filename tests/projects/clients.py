"""Clients and processes that talk to generated projects."""

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection as AsyncClient
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
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


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], str]:
    """Return the status, the headers and the text of a page.

    Raises:
        OSError: There is no server, or it went away before its answer was complete.
    """
    connection = HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, response.read().decode()
    except HTTPException as error:
        raise ConnectionError(error) from error
    finally:
        connection.close()


def is_up(port: int, host: str = "127.0.0.1") -> bool:
    try:
        return get(port, "/healthz", host)[0] == 200
    except OSError:
        return False


def open_socket(
    port: int, path: str = "/ws/index/", origin: str = "", *, tls: bool = False
) -> ClientConnection:
    """Open a WebSocket, with `tls` as a proxy does that terminates TLS."""
    scheme = "https" if tls else "http"
    return connect(
        f"ws://127.0.0.1:{port}{path}",
        additional_headers={"X-Forwarded-Proto": scheme},
        origin=Origin(origin or f"{scheme}://127.0.0.1:{port}"),
        # The proxy variables of the environment do not apply to a test on loopback.
        proxy=None,
    )


def say(client: ClientConnection, text: str) -> None:
    client.send(json.dumps({"message": text}, ensure_ascii=False))


def hear(client: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(client.recv(timeout=SECONDS))
    return frame


def flows_again(
    sender: ClientConnection, *receivers: ClientConnection, seconds: float = SECONDS
) -> None:
    """Wait until what one says reaches everyone; not all that is said in an outage does."""
    deadline = time.monotonic() + seconds
    everyone = (sender, *receivers)
    for attempt in count():
        text = f"attempt {attempt} of {id(sender)}"
        say(sender, text)
        if all(hears(client, text) for client in everyone):
            return
        assert time.monotonic() < deadline, f"not in {seconds} s: messages flow again"


def hears(client: ClientConnection, text: str, seconds: float = 1) -> bool:
    """Tell whether a message comes soon; what comes before it is passed over."""
    with suppress(TimeoutError):
        while True:
            if json.loads(client.recv(timeout=seconds)).get("message") == text:
                return True
    return False


@contextmanager
def running(
    command: list[str], port: int, folder: Path, host: str = "127.0.0.1", **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; kill all it started if the block left it running."""
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, start_new_session=True
    )
    try:
        wait_until(lambda: process.poll() is not None or is_up(port, host), "the server answers")
        assert process.poll() is None, "the server ended before it answered"
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def save(file: Path, text: str, effect: Callable[[], bool]) -> None:
    """Save a file until that has an effect.

    Django looks at the files once a second, and misses what has changed before its first look. A
    busy machine gets more and more time, so that no reload is interrupted by the next one forever.
    """
    for doublings in range(5):
        file.write_text(text)
        with suppress(AssertionError):
            wait_until(effect, f"the change of {file.name} has an effect", seconds=2 << doublings)
            return
    pytest.fail(f"the change of {file.name} has no effect")


def logged(command: list[str], log: Path) -> list[str]:
    """Return a command that writes what it says to a file; it stays the same process."""
    return ["sh", "-c", 'exec "$@" >"$0" 2>&1', str(log), *command]


async def open_async(port: int, end: socket.socket | None = None) -> AsyncClient:
    """Open a socket that may be one of a thousand; given one end, read ahead one frame only."""
    return await connect_async(
        f"ws://127.0.0.1:{port}/ws/index/",
        origin=Origin(f"http://127.0.0.1:{port}"),
        proxy=None,
        open_timeout=2 * SECONDS,
        compression=None,
        ping_interval=None,
        max_queue=1 if end else 16,
        sock=end,
    )


async def open_stalled(port: int) -> AsyncClient:
    """Open a WebSocket that is read only as far as the handshake."""
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    end.connect(("127.0.0.1", port))
    end.setblocking(False)  # noqa: FBT003
    return await open_async(port, end)


async def open_crowd(port: int, number: int) -> list[AsyncClient]:
    """Open many sockets, not faster than a server's backlog allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gate = asyncio.Semaphore(50)

    async def open_one() -> AsyncClient:
        async with gate:
            return await open_async(port)

    return await asyncio.gather(*(open_one() for _ in range(number)))


async def say_async(client: AsyncClient, text: str) -> None:
    await client.send(json.dumps({"message": text}, ensure_ascii=False))


async def hear_async(client: AsyncClient) -> dict[str, Any]:
    async with asyncio.timeout(SECONDS):
        frame: dict[str, Any] = json.loads(await client.recv())
    return frame


async def close_code(client: AsyncClient, seconds: float = SECONDS) -> int | None:
    """Read all that is left, and return the code with which the server closed: 1006 for none."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(seconds):
            while True:
                await client.recv()
    return client.close_code


async def hang_up(*clients: AsyncClient) -> None:
    """Leave without a word, as clients do whose network is gone."""
    for client in clients:
        client.transport.abort()
    await asyncio.gather(*(client.wait_closed() for client in clients))
