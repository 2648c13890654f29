"""Tests that JsonConsumer is a Channels consumer, in the whole application and alone."""

import asyncio
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user_model

from realtime import consumers, sockets
from realtime.consumers import JsonConsumer
from realtime.send import send_to_group
from realtime.testing import SECONDS, Client, session_cookie

from .applications import application

pytestmark = pytest.mark.asyncio(loop_scope="package")


def places(consumer: type[JsonConsumer]) -> list[Any]:
    """Return a consumer inside all that the project has around it, and alone."""
    return [application(consumer), consumer.as_asgi()]


class Base(JsonConsumer):
    """Accepts everyone, and handles an event of a group."""

    groups = ["news"]

    async def news_item(self, event: dict[str, Any]) -> None:
        await self.send_json({"item": event["text"]})


class WithoutChannel(Base):
    own_channel = False


async def test_class_groups_and_event_handlers() -> None:
    layer: Any = get_channel_layer()
    for place in [*places(Base), *places(WithoutChannel)]:
        async with Client(application=place) as alice, Client(application=place) as bob:
            await layer.group_send("news", {"type": "news.item", "text": "hi"})
            assert await alice.receive_json() == await bob.receive_json() == {"item": "hi"}
            # Once per connection.
            await layer.group_send("news", {"type": "news.item", "text": "again"})
            assert await alice.receive_json() == {"item": "again"}


async def test_channel_name_and_groups_by_hand() -> None:
    class ByHand(Base):
        groups: list[str] = []

        async def on_add(self, _frame: Any) -> None:
            await self.channel_layer.group_add("news", self.channel_name)
            # A group that was joined too delivers once.
            await self.join("news")
            await self.send_json({"channel": self.channel_name})

        async def on_discard(self, _frame: Any) -> None:
            await self.leave("news")
            await self.send_json({"left": True})

    layer: Any = get_channel_layer()
    for place in places(ByHand):
        async with Client(application=place) as client:
            channel = (await client.ask('{"type": "add"}'))["channel"]
            await layer.group_send("news", {"type": "news.item", "text": "group"})
            assert await client.receive_json() == {"item": "group"}
            await layer.send(channel, {"type": "news.item", "text": "channel"})
            assert await client.receive_json() == {"item": "channel"}
            assert await client.ask('{"type": "discard"}') == {"left": True}
            await layer.group_send("news", {"type": "news.item", "text": "nobody"})
            await layer.send(channel, {"type": "news.item", "text": "last"})
            assert await client.receive_json() == {"item": "last"}


async def test_channel_name_without_a_channel_names_the_attribute() -> None:
    class Wrong(WithoutChannel):
        async def on_name(self, _frame: Any) -> None:
            await self.send_json({"channel": self.channel_name})

    for place in places(Wrong):
        client = Client(application=place)
        assert await client.connect()
        await client.send_json({"type": "name"})
        with pytest.raises(AttributeError, match="own_channel is False"):
            await client.wait(SECONDS)


async def test_error_in_an_event_handler_ends_the_consumer() -> None:
    layer: Any = get_channel_layer()
    for place in [*places(Base), *places(WithoutChannel)]:
        client = Client(application=place)
        assert await client.connect()
        await layer.group_send("news", {"type": "news.item"})
        with pytest.raises(KeyError, match="text"):
            await client.wait(SECONDS)


async def test_each_connection_has_its_own_event() -> None:
    class Changing(Base):
        async def news_item(self, event: dict[str, Any]) -> None:
            del event["type"]
            await self.send_json(event)

    layer: Any = get_channel_layer()
    for place in places(Changing):
        async with Client(application=place) as alice, Client(application=place) as bob:
            await layer.group_send("news", {"type": "news.item", "text": "hi"})
            assert await alice.receive_json() == await bob.receive_json() == {"text": "hi"}


async def test_reserved_groups_can_not_be_joined() -> None:
    class Joining(Base):
        async def on_join(self, frame: Any) -> None:
            await self.join(frame["group"])

    for place in places(Joining):
        for group in ("realtime.users", "news.presence"):
            client = Client(application=place)
            assert await client.connect()
            await client.send_json({"type": "join", "group": group})
            with pytest.raises(TypeError, match="reserved"):
                await client.wait(SECONDS)


async def test_refused_client_receives_no_frames() -> None:
    class Refusing(Base):
        groups = ["secret"]

        async def connect(self) -> None:
            await send_to_group("secret", {"type": "secret"})
            await self.refuse(4403)

    for place in places(Refusing):
        async with Client(application=place) as client:
            assert await client.receive_close() == 4403


async def test_close_code_is_sent_even_if_a_handler_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 0.1)
{% if cookiecutter.server == 'granian' %}
    monkeypatch.setattr(sockets, "SILENCE_SECONDS", 0.01)
{% endif %}
    monkeypatch.setattr(consumers, "CLOSE_SECONDS", 0.1)
    codes = []

    class Busy(Base):
        async def on_wait(self, _frame: Any) -> None:
            await asyncio.sleep(SECONDS)

        async def disconnect(self, code: int) -> None:
            codes.append(code)

    class BusyWithoutChannel(Busy):
        own_channel = False

    for consumer in (Busy, BusyWithoutChannel):
        place = application(consumer)
        client = Client(application=place)
        assert await client.connect()
        await client.send_json({"type": "wait"})
        await asyncio.sleep(0)
        (socket,) = place._sockets  # noqa: SLF001
        socket.disconnect(1012)
        assert await client.receive_close() == 1012
        await client.wait(SECONDS)
    assert codes == [1012, 1012]


async def test_send_and_close() -> None:
    class Closing(Base):
        async def on_last(self, _frame: Any) -> None:
            await self.send_json({"last": True}, close=4000)

        async def on_close(self, _frame: Any) -> None:
            await self.close(4001, reason="enough")

    for place in places(Closing):
        async with Client(application=place) as client:
            assert await client.ask('{"type": "last"}') == {"last": True}
            assert await client.receive_close() == 4000
        async with Client(application=place) as client:
            await client.send_json({"type": "close"})
            assert await client.receive_close() == 4001


async def test_receive_json_belongs_to_a_subclass() -> None:
    class Json(Base):
        async def receive_json(self, content: Any, **_: Any) -> None:
            await self.send_json({"got": content})

    for place in places(Json):
        client = Client(application=place)
        assert await client.connect()
        assert await client.ask('["a", "list"]') == {"got": ["a", "list"]}
        await client.send(data=b"\x00")
        with pytest.raises(ValueError, match="No text section"):
            await client.wait(SECONDS)


async def test_receive_belongs_to_a_subclass() -> None:
    class Echo(Base):
        async def receive(
            self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any
        ) -> None:
            await self.send(bytes_data=bytes_data, text_data=text_data)

    class TextEcho(Base):
        async def receive(self, text_data: str) -> None:  # type: ignore[override]
            await self.send(text_data=text_data)

    for place in places(Echo):
        async with Client(application=place) as client:
            await client.send(data=b"\x00")
            assert (await client.receive_output(SECONDS))["bytes"] == b"\x00"
            assert await client.ask("[1]") == [1]
    for place in places(TextEcho):
        async with Client(application=place) as client:
            assert await client.ask("[1]") == [1]


async def test_stop_consumer_ends_it() -> None:
    class Stopping(Base):
        async def on_stop(self, _frame: Any) -> None:
            raise StopConsumer

    for place in places(Stopping):
        client = Client(application=place)
        assert await client.connect()
        await client.send_json({"type": "stop"})
        await client.wait(SECONDS)


async def test_frames_before_the_end_are_sent() -> None:
    class Ending(WithoutChannel):
        async def on_end(self, frame: Any) -> None:
            await self.send_json({"number": 1})
            await self.send_json({"number": 2})
            if frame["failing"]:
                raise ZeroDivisionError
            raise StopConsumer

    for place in places(Ending):
        for failing in (False, True):
            # The second frame waits for the first one.
            client = Client(application=place, unread=1)
            assert await client.connect()
            assert await client.ask({"type": "end", "failing": failing}) == {"number": 1}
            assert await client.receive_json() == {"number": 2}
            with pytest.raises(ZeroDivisionError) if failing else nullcontext():
                await client.wait(SECONDS)


async def test_answer_is_sent_before_a_close_from_outside() -> None:
    class Answering(Base):
        async def on_ask(self, _frame: Any) -> None:
            socket.disconnect(1012)
            await self.send_json({"number": 1})
            await self.send_json({"number": 2})

    class WithoutChannel(Answering):
        own_channel = False

    for consumer in (Answering, WithoutChannel):
        place = application(consumer)
        client = Client(application=place, unread=1)
        assert await client.connect()
        (socket,) = place._sockets  # noqa: SLF001
        assert await client.ask({"type": "ask"}) == {"number": 1}
        assert await client.receive_json() == {"number": 2}
        assert await client.receive_close() == 1012
        await client.wait(SECONDS)


@pytest.mark.parametrize("where", ["server", "middleware"])
async def test_error_of_one_frame_costs_no_other(where: str) -> None:
    """The code that sends gets the error, and may handle it."""
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

    class Counting(Base):
        async def on_count(self, _frame: Any) -> None:
            for number in range(3):
                await self.send_json({"number": number})

    class Wrapped:
        @staticmethod
        def as_asgi() -> Any:
            return failing_once(Counting.as_asgi())

    place: Any = application(Wrapped if where == "middleware" else Counting)  # type: ignore[arg-type]
    async with Client(application=failing_once(place) if where == "server" else place) as client:
        assert await client.ask({"type": "count"}) == {"number": 1}
        assert await client.receive_json() == {"number": 2}
    assert len(caught) == 1


async def test_subprotocol_and_headers_are_accepted() -> None:
    class Speaking(Base):
        async def connect(self) -> None:
            await self.accept(self.scope["subprotocols"][0], headers=[(b"x-name", b"value")])

    for place in places(Speaking):
        client = Client(application=place)
        client.scope["subprotocols"] = ["chat.v1"]
        await client.send_input({"type": "websocket.connect"})
        answer = await client.receive_output(SECONDS)
        assert (answer["subprotocol"], answer["headers"]) == ("chat.v1", [(b"x-name", b"value")])
        await client.disconnect()


async def test_middleware_sees_the_whole_connection() -> None:
    name: ContextVar[str] = ContextVar("name", default="none")
    seen: list[str] = []

    class Naming(Base):
        own_channel = False

        async def on_name(self, _frame: Any) -> None:
            await self.send_json({"name": name.get(), "resource": self.scope["resource"]})

        async def news_item(self, _event: Any) -> None:
            await self.send_json({"name": name.get()})

    inner = Naming.as_asgi()

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        async def receiving() -> Any:
            event = await receive()
            seen.append(event["type"])
            return event

        async def sending(event: Any) -> None:
            seen.append(event["type"])
            await send(event)

        name.set("middleware")
        try:
            await inner({**scope, "resource": "open"}, receiving, sending)
        finally:
            seen.append("end")

    class Wrapped:
        @staticmethod
        def as_asgi() -> Any:
            return middleware

    layer: Any = get_channel_layer()
    async with Client(application=application(Wrapped)) as client:  # type: ignore[arg-type]
        assert await client.ask('{"type": "name"}') == {"name": "middleware", "resource": "open"}
        await layer.group_send("news", {"type": "news.item"})
        assert await client.receive_json() == {"name": "middleware"}
        assert "end" not in seen
    assert seen == [
        "websocket.connect",
        "websocket.accept",
        "websocket.receive",
        "websocket.send",
        "websocket.send",
        "websocket.disconnect",
        "end",
    ]


async def test_attributes_of_a_subclass_do_not_collide() -> None:
    class Own(Base):
        async def connect(self) -> None:
            for name in ("client", "events", "groups", "socket", "task", "timer", "worker"):
                setattr(self, f"_{name}", None)
                if name != "groups":
                    setattr(self, name, None)
            await self.accept()

    async with Client(application=application(Own)) as client:
        assert (await client.ask('{"type": "ping"}'))["type"] == "pong"


@pytest.mark.django_db(transaction=True)
async def test_user_stays_after_the_secret_key_was_rotated() -> None:
    class Named(Base):
        async def on_name(self, _frame: Any) -> None:
            await self.send_json({"name": self.scope["user"].get_username()})

    user = await database_sync_to_async(get_user_model().objects.create_user)("ada")
    headers = {"cookie": await database_sync_to_async(session_cookie)(user)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY])
        patch.setattr(settings, "SECRET_KEY", "rotated")
        for _ in range(2):
            async with Client(application=application(Named), headers=headers) as socket:
                assert await socket.ask('{"type": "name"}') == {"name": "ada"}
