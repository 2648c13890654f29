"""Tests of clients that are slow, silent or over a limit."""

import pytest
from django.conf import LazySettings

from realtime import clients
from realtime.consumers import JsonConsumer
from realtime.send import send_to_group
from realtime.testing import Client

from .applications import BOTH, GROUP, ChatConsumer, application, chat

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_too_many_messages_are_refused_and_then_closed(settings: LazySettings) -> None:
    settings.WS_MESSAGES_PER_SECOND = 5
    async with chat() as client:
        for _ in range(11):
            await client.send_json({"type": "ping", "ref": "x"})
        assert [(await client.receive_json())["type"] for _ in range(5)] == ["pong"] * 5
        for _ in range(5):
            error = await client.receive_json()
            assert (error["code"], error["ref"]) == ("rate_limited", "x")
        assert await client.receive_close() == 4029


async def test_full_process_closes_with_try_again_later(settings: LazySettings) -> None:
    settings.WS_MAX_CONNECTIONS = 1
    site = application(ChatConsumer)
    async with Client(application=site), Client(application=site) as refused:
{% if cookiecutter.server == 'daphne' %}
        assert await refused.receive_close() == 4013
{% else %}
        assert await refused.receive_close() == 1013
{% endif %}
    async with Client(application=site) as welcome:
        assert (await welcome.ask('{"type": "ping"}'))["type"] == "pong"


async def test_silent_connection_receives_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "HEARTBEAT_SECONDS", 0.02)
    async with chat() as client:
        assert await client.receive_json() == {"type": "heartbeat"}
        assert await client.receive_json() == {"type": "heartbeat"}


async def test_client_that_stopped_pinging_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(clients, "SILENCE_SECONDS", 0.02)
    async with chat() as client:
        frame = await client.ask('{"type": "ping"}')
        while frame["type"] == "heartbeat":
            # On a busy machine, some may arrive before the answer.
            frame = await client.receive_json()
        assert frame["type"] == "pong"
        assert await client.receive_close() == 4008


@BOTH
async def test_burst_does_not_disconnect_readers(
    consumer: type[JsonConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MAX_BACKLOG", 3)
    async with chat(consumer) as reader, chat(consumer, unread=1) as late_reader:
        for number in range(10):
            await send_to_group(GROUP, {"number": number})
            assert (await reader.receive_json())["number"] == number
        for number in range(10):
            assert (await late_reader.receive_json())["number"] == number


@pytest.mark.parametrize(("limit", "value"), [("STALL_SECONDS", 0), ("MAX_BURST", 3)])
async def test_client_that_does_not_read_is_closed_and_delays_nobody(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(clients, "MAX_BACKLOG", 3)
    monkeypatch.setattr(clients, limit, value)
    async with chat() as reader, chat(unread=1) as sleeper:
        for number in range(10):
            await send_to_group(GROUP, {"number": number})
            assert (await reader.receive_json())["number"] == number
        assert (await sleeper.receive_json())["number"] == 0
        assert (await sleeper.receive_json())["number"] == 1
        assert await sleeper.receive_close() == 4008
