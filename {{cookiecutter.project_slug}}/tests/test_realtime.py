"""What keeps a crowd of connections fast, fair and alive."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from {{ cookiecutter.app }} import consumers, messages

from .client import SECONDS, Client

Consumer = consumers.{{ cookiecutter.__app_class }}Consumer
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def frequent_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report a change sooner than production does, and nothing without a change."""
    monkeypatch.setattr("{{ cookiecutter.__package }}.presence.TELL_SECONDS", 0.02)
    monkeypatch.setattr("{{ cookiecutter.__package }}.presence.REPEAT_SECONDS", 2 * SECONDS)


async def online(client: Client) -> int:
    """Return the number in the next frame, which tells presence."""
    frame = await client.receive()
    assert frame["type"] == "presence"
    return int(frame["online"])


@pytest.mark.usefixtures("frequent_presence")
async def test_presence_is_told_to_those_who_ask() -> None:
    async with Client() as alice, Client() as bob:
        await alice.send(text='{"type": "presence"}')
        assert await online(alice) == 2
        async with Client():
            assert await online(alice) == 3
        assert await online(alice) == 2
        # A number for him would have come before this answer.
        assert (await bob.ask('{"type": "ping"}'))["type"] == "pong"


@pytest.mark.usefixtures("frequent_presence")
async def test_crashed_consumer_is_present_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(_self: Any, _frame: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Consumer, "on_crash", crash, raising=False)
    async with Client() as alice:
        bob = Client()
        assert await bob.connect()
        await alice.send(text='{"type": "presence"}')
        assert await online(alice) == 2
        await bob.send(text='{"type": "crash"}')
        with pytest.raises(ZeroDivisionError):
            await bob.wait(SECONDS)
        assert await online(alice) == 1


async def test_consumers_that_block_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = threading.Barrier(10)

    async def block(self: Any, _frame: Any) -> None:
        # Nobody passes before all ten are here.
        await sync_to_async(together.wait)(SECONDS)
        await self.send_json({"type": "passed"})

    monkeypatch.setattr(Consumer, "on_block", block, raising=False)
    clients = [Client() for _ in range(10)]
    assert all([await client.connect() for client in clients])
    answers = await asyncio.gather(*(client.ask('{"type": "block"}') for client in clients))
    assert {answer["type"] for answer in answers} == {"passed"}
    for client in clients:
        await client.__aexit__(None, None, None)


async def test_too_many_messages_are_refused_and_then_closed(settings: LazySettings) -> None:
    settings.WS_MESSAGES_PER_SECOND = 5
    async with Client() as client:
        for _ in range(11):
            await client.send(text='{"type": "ping", "ref": "x"}')
        assert [(await client.receive())["type"] for _ in range(5)] == ["pong"] * 5
        for _ in range(5):
            error = await client.receive()
            assert (error["code"], error["ref"]) == ("rate_limited", "x")
        assert await client.receive_close() == 4029


async def test_full_process_asks_to_try_again_later(settings: LazySettings) -> None:
    settings.WS_MAX_CONNECTIONS = 1
    async with Client(), Client() as refused:
{% if cookiecutter.server == 'daphne' %}
        assert await refused.receive_close() == 4013
{% else %}
        assert await refused.receive_close() == 1013
{% endif %}
    async with Client() as welcome:
        assert (await welcome.ask('{"type": "ping"}'))["type"] == "pong"


async def test_silence_is_broken_by_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("{{ cookiecutter.__package }}.websocket.HEARTBEAT_SECONDS", 0.1)
    async with Client() as client:
        assert await client.receive() == {"type": "heartbeat"}
        assert await client.receive() == {"type": "heartbeat"}


async def test_client_that_stopped_pinging_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("{{ cookiecutter.__package }}.websocket.HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("{{ cookiecutter.__package }}.websocket.SILENCE_SECONDS", 0.1)
    async with Client() as client:
        frame = await client.ask('{"type": "ping"}')
        while frame["type"] == "heartbeat":
            # On a busy machine some may come before the answer.
            frame = await client.receive()
        assert frame["type"] == "pong"
        assert await client.receive_close() == 4008


async def test_burst_closes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("{{ cookiecutter.__package }}.websocket.MAX_BACKLOG", 3)
    async with Client() as reader, Client(unread=1) as late_reader:
        for number in range(10):
            await messages.broadcast(str(number), "test")
            assert (await reader.receive())["message"] == str(number)
        for number in range(10):
            assert (await late_reader.receive())["message"] == str(number)


@pytest.mark.parametrize(("limit", "value"), [("STALL_SECONDS", 0), ("MAX_BURST", 3)])
async def test_client_that_does_not_read_is_closed_and_delays_nobody(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr("{{ cookiecutter.__package }}.websocket.MAX_BACKLOG", 3)
    monkeypatch.setattr(f"{{ cookiecutter.__package }}.websocket.{limit}", value)
    async with Client() as reader, Client(unread=1) as sleeper:
        for number in range(10):
            await messages.broadcast(str(number), "test")
            assert (await reader.receive())["message"] == str(number)
        assert (await sleeper.receive())["message"] == "0"
        assert (await sleeper.receive())["message"] == "1"
        assert await sleeper.receive_close() == 4008
