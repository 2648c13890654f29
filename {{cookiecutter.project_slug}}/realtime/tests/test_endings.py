"""Tests of how connections end: by the consumer, by an error, and from outside."""

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest
from channels.exceptions import StopConsumer
from channels.layers import get_channel_layer

from realtime import consumers, sockets
from realtime.send import send_to_group
from realtime.testing import SECONDS, Client

from .applications import NewsConsumer, NewsWithoutChannel, application, variants

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_error_in_an_event_handler_ends_the_consumer() -> None:
    layer: Any = get_channel_layer()
    for app in [*variants(NewsConsumer), *variants(NewsWithoutChannel)]:
        client = Client(application=app)
        assert await client.connect()
        await layer.group_send("news", {"type": "news.item"})
        with pytest.raises(KeyError, match="text"):
            await client.wait(SECONDS)


async def test_refused_client_receives_no_frames() -> None:
    class Refusing(NewsConsumer):
        groups = ["secret"]

        async def connect(self) -> None:
            await send_to_group("secret", {"type": "secret"})
            await self.refuse(4403)

    for app in variants(Refusing):
        async with Client(application=app) as client:
            assert await client.receive_close() == 4403


async def test_send_and_close() -> None:
    class Closing(NewsConsumer):
        async def on_last(self, _frame: Any) -> None:
            await self.send_json({"last": True}, close=4000)

        async def on_end(self, _frame: Any) -> None:
            await self.send_json({"last": True}, close=True)

        async def on_close(self, _frame: Any) -> None:
            await self.close(4001, reason="enough")

    for app in variants(Closing):
        async with Client(application=app) as client:
            assert await client.ask('{"type": "last"}') == {"last": True}
            assert await client.receive_close() == 4000
        async with Client(application=app) as client:
            assert await client.ask('{"type": "end"}') == {"last": True}
            assert await client.receive_close() == 1000
        async with Client(application=app) as client:
            await client.send_json({"type": "close"})
            assert await client.receive_close() == 4001


async def test_stop_consumer_ends_the_consumer() -> None:
    class Stopping(NewsConsumer):
        async def on_stop(self, _frame: Any) -> None:
            raise StopConsumer

    for app in variants(Stopping):
        client = Client(application=app)
        assert await client.connect()
        await client.send_json({"type": "stop"})
        await client.wait(SECONDS)


async def test_close_code_is_sent_even_if_a_handler_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 0.1)
{% if cookiecutter.server == 'granian' %}
    monkeypatch.setattr(sockets, "SILENCE_SECONDS", 0.01)
{% endif %}
    monkeypatch.setattr(consumers, "CLOSE_SECONDS", 0.1)
    codes = []

    class Busy(NewsConsumer):
        async def on_wait(self, _frame: Any) -> None:
            await asyncio.sleep(SECONDS)

        async def disconnect(self, code: int) -> None:
            codes.append(code)

    class BusyWithoutChannel(Busy):
        own_channel = False

    for consumer in (Busy, BusyWithoutChannel):
        app = application(consumer)
        client = Client(application=app)
        assert await client.connect()
        await client.send_json({"type": "wait"})
        await asyncio.sleep(0)
        (socket,) = app._sockets  # noqa: SLF001
        socket.disconnect(1012)
        assert await client.receive_close() == 1012
        await client.wait(SECONDS)
    assert codes == [1012, 1012]


async def test_answer_is_sent_before_a_close_from_outside() -> None:
    class Answering(NewsConsumer):
        async def on_ask(self, _frame: Any) -> None:
            socket.disconnect(1012)
            await self.send_json({"number": 1})
            await self.send_json({"number": 2})

    class AnsweringWithoutChannel(Answering):
        own_channel = False

    for consumer in (Answering, AnsweringWithoutChannel):
        app = application(consumer)
        client = Client(application=app, unread=1)
        assert await client.connect()
        (socket,) = app._sockets  # noqa: SLF001
        assert await client.ask({"type": "ask"}) == {"number": 1}
        assert await client.receive_json() == {"number": 2}
        assert await client.receive_close() == 1012
        await client.wait(SECONDS)


async def test_frames_before_the_end_are_sent() -> None:
    class Ending(NewsWithoutChannel):
        async def on_end(self, frame: Any) -> None:
            await self.send_json({"number": 1})
            await self.send_json({"number": 2})
            if frame["failing"]:
                raise ZeroDivisionError
            raise StopConsumer

    for app in variants(Ending):
        for failing in (False, True):
            # The second frame waits for the first one.
            client = Client(application=app, unread=1)
            assert await client.connect()
            assert await client.ask({"type": "end", "failing": failing}) == {"number": 1}
            assert await client.receive_json() == {"number": 2}
            with pytest.raises(ZeroDivisionError) if failing else nullcontext():
                await client.wait(SECONDS)


@pytest.mark.parametrize("where", ["server", "middleware"])
async def test_frame_that_fails_does_not_stop_others(where: str) -> None:
    """The code that sends receives the error and may handle it."""
    caught: list[Exception] = []

    def failing_once(inner: Any) -> Any:
        async def wrapper(scope: Any, receive: Any, send: Any) -> None:
            async def sending(event: Any) -> None:
                if event["type"] == "websocket.send" and not caught:
                    await asyncio.sleep(0)
                    failed = asyncio.get_running_loop().create_future()
                    failed.set_exception(ConnectionResetError())
                    try:
                        await failed
                    except ConnectionResetError as error:
                        caught.append(error)
                        raise
                await send(event)

            await inner(scope, receive, sending)

        return wrapper

    class Counting(NewsConsumer):
        async def on_count(self, _frame: Any) -> None:
            for number in range(3):
                await self.send_json({"number": number})

    class Wrapped:
        @staticmethod
        def as_asgi() -> Any:
            return failing_once(Counting.as_asgi())

    app: Any = application(Wrapped if where == "middleware" else Counting)  # type: ignore[arg-type]
    async with Client(application=failing_once(app) if where == "server" else app) as client:
        assert await client.ask({"type": "count"}) == {"number": 1}
        assert await client.receive_json() == {"number": 2}
    assert len(caught) == 1
