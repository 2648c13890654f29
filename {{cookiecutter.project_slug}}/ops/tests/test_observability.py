"""Tests of logs and metrics."""

import json
import logging
from typing import Any

from django.conf import LazySettings
from django.test import Client as Browser
from prometheus_client import REGISTRY

from ops.logs import IdentityFilter, ProductionFormatter, identify
from realtime.testing import Client
from realtime.tests.applications import ChatConsumer, application


def logged() -> dict[str, Any]:
    """Return a line as production writes it."""
    record = logging.LogRecord("test", logging.INFO, __file__, 1, "%s", ("hi",), None)
    record.request = "GET /?token=secret"
    assert IdentityFilter().filter(record)
    line: dict[str, Any] = json.loads(ProductionFormatter().format(record))
    return line


def test_log_lines_are_json() -> None:
    line = logged()
    assert line.pop("time")
    assert line == {"level": "INFO", "logger": "test", "message": "hi"}


# Async, so that the ids belong to a task that ends with the test.
async def test_log_lines_have_the_id_of_their_connection(settings: LazySettings) -> None:
    scope: Any = {"type": "websocket", "headers": [(b"x-request-id", b"4f2a")]}
    identify(scope)
    assert logged()["connection_id"] != "4f2a"
    settings.BEHIND_TLS_PROXY = True
    identify(scope)
    assert logged()["connection_id"] == "4f2a"
    scope = {"type": "http", "headers": [(b"x-request-id", b"no id\n")]}
    identify(scope)
    assert "no id" not in logged()["request_id"]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_metrics_count(settings: LazySettings) -> None:
    site = application(ChatConsumer)
    received, sent = value("websocket_frames_received_total"), value("websocket_frames_sent_total")
    errors = value("websocket_errors_total", code="bad_json")
    delivered = value("broadcast_seconds_count", step="deliver")
    closed = value("websocket_closed_total", code="4029")
    async with Client(application=site) as alice, Client(application=site) as bob:
        assert value("websocket_connections") == 2
        await alice.ask('{"message": "hi"}')
        await bob.receive_json()
        await alice.ask("no JSON")
    assert value("websocket_connections") == 0
    assert value("websocket_frames_received_total") == received + 2
    assert value("websocket_frames_sent_total") == sent + 3
    assert value("websocket_errors_total", code="bad_json") == errors + 1
    assert value("broadcast_seconds_count", step="deliver") == delivered + 1
    settings.WS_MESSAGES_PER_SECOND = 1
    async with Client(application=site) as client:
        assert (await client.ask('{"type": "ping"}'))["type"] == "pong"
        assert (await client.ask('{"type": "ping"}'))["code"] == "rate_limited"
        await client.send_json({"type": "ping"})
        assert await client.receive_close() == 4029
    assert value("websocket_closed_total", code="4029") == closed + 1


def test_metrics_require_the_token(client: Browser) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer token"}).status_code == 401
    answer = client.get("/metrics", headers={"authorization": "Bearer t0ken"})
    assert "websocket_connections " in answer.text
