"""Tests that JsonConsumer is a Channels consumer, in the project's middleware and alone."""

from contextvars import ContextVar
from itertools import product
from typing import Any

import pytest
from channels.exceptions import AcceptConnection, DenyConnection
from channels.layers import get_channel_layer

from realtime.testing import SECONDS, Client

from .applications import NewsConsumer, NewsWithoutChannel, application, variants

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_class_groups_and_event_handlers() -> None:
    layer: Any = get_channel_layer()
    for app in [*variants(NewsConsumer), *variants(NewsWithoutChannel)]:
        async with Client(application=app) as alice, Client(application=app) as bob:
            await layer.group_send("news", {"type": "news.item", "text": "hi"})
            assert await alice.receive_json() == await bob.receive_json() == {"item": "hi"}
            # Once per connection.
            await layer.group_send("news", {"type": "news.item", "text": "again"})
            assert await alice.receive_json() == {"item": "again"}


async def test_event_may_be_a_frame() -> None:
    layer: Any = get_channel_layer()
    for app in [*variants(NewsConsumer), *variants(NewsWithoutChannel)]:
        async with Client(application=app) as client:
            # Without a frame, the event is skipped.
            await layer.group_send("news", {"type": "websocket.receive"})
            await layer.group_send("news", {"type": "websocket.receive", "text": '{"type":"ping"}'})
            assert (await client.receive_json())["type"] == "pong"


async def test_event_handler_may_check_a_permission() -> None:
    class Checking(NewsConsumer):
        may_read = True

        async def on_revoke(self, _frame: Any) -> None:
            self.may_read = False
            await self.send_json({"revoked": True})

        async def news_item(self, event: dict[str, Any]) -> None:
            if self.may_read:
                await super().news_item(event)

    layer: Any = get_channel_layer()
    for app in variants(Checking):
        async with Client(application=app) as alice, Client(application=app) as bob:
            assert await bob.ask({"type": "revoke"}) == {"revoked": True}
            await layer.group_send("news", {"type": "news.item", "text": "hi"})
            assert await alice.receive_json() == {"item": "hi"}
            assert (await bob.ask({"type": "ping"}))["type"] == "pong"


async def test_connect_may_raise_its_answer_or_close() -> None:
    class Accepting(NewsConsumer):
        async def connect(self) -> None:
            raise AcceptConnection

    class Denying(NewsConsumer):
        async def connect(self) -> None:
            raise DenyConnection

    class Closing(NewsConsumer):
        async def connect(self) -> None:
            await self.close()

    for app in variants(Accepting):
        async with Client(application=app) as client:
            assert (await client.ask({"type": "ping"}))["type"] == "pong"
    for app in [*variants(Denying), *variants(Closing)]:
        client = Client(application=app)
        assert not await client.connect()
        await client.disconnect()


async def test_channel_name_and_groups_by_hand() -> None:
    class ByHand(NewsConsumer):
        groups: list[str] = []

        async def on_add(self, _frame: Any) -> None:
            await self.channel_layer.group_add("news", self.channel_name)
            # A group that is also joined delivers once.
            await self.join("news")
            await self.send_json({"channel": self.channel_name})

        async def on_leave(self, _frame: Any) -> None:
            await self.leave("news")
            await self.send_json({"left": True})

        async def on_discard(self, _frame: Any) -> None:
            await self.channel_layer.group_discard("news", self.channel_name)
            await self.send_json({"left": True})

    layer: Any = get_channel_layer()
    for app, way in product(variants(ByHand), ("leave", "discard")):
        async with Client(application=app) as client:
            channel = (await client.ask('{"type": "add"}'))["channel"]
            await layer.group_send("news", {"type": "news.item", "text": "group"})
            assert await client.receive_json() == {"item": "group"}
            await layer.send(channel, {"type": "news.item", "text": "channel"})
            assert await client.receive_json() == {"item": "channel"}
            assert await client.ask({"type": way}) == {"left": True}
            await layer.group_send("news", {"type": "news.item", "text": "nobody"})
            await layer.send(channel, {"type": "news.item", "text": "last"})
            assert await client.receive_json() == {"item": "last"}


async def test_channel_name_without_a_channel_names_the_attribute() -> None:
    class Wrong(NewsWithoutChannel):
        async def on_name(self, _frame: Any) -> None:
            await self.send_json({"channel": self.channel_name})

    for app in variants(Wrong):
        client = Client(application=app)
        assert await client.connect()
        await client.send_json({"type": "name"})
        with pytest.raises(AttributeError, match="own_channel is False"):
            await client.wait(SECONDS)


async def test_each_connection_has_its_own_event() -> None:
    class Changing(NewsConsumer):
        async def news_item(self, event: dict[str, Any]) -> None:
            del event["type"]
            await self.send_json(event)

    layer: Any = get_channel_layer()
    for app in variants(Changing):
        async with Client(application=app) as alice, Client(application=app) as bob:
            await layer.group_send("news", {"type": "news.item", "text": "hi"})
            assert await alice.receive_json() == await bob.receive_json() == {"text": "hi"}


async def test_reserved_groups_cannot_be_joined() -> None:
    class Joining(NewsConsumer):
        async def on_join(self, frame: Any) -> None:
            await self.join(frame["group"])

    for app in variants(Joining):
        for group in ("realtime.users", "news.presence"):
            client = Client(application=app)
            assert await client.connect()
            await client.send_json({"type": "join", "group": group})
            with pytest.raises(TypeError, match="reserved"):
                await client.wait(SECONDS)


async def test_subclass_may_override_receive_json() -> None:
    class Json(NewsConsumer):
        async def receive_json(self, content: Any, **_: Any) -> None:
            await self.send_json({"got": content})

    for app in variants(Json):
        client = Client(application=app)
        assert await client.connect()
        assert await client.ask('["a", "list"]') == {"got": ["a", "list"]}
        await client.send(data=b"\x00")
        with pytest.raises(ValueError, match="No text section"):
            await client.wait(SECONDS)


async def test_subclass_may_override_receive() -> None:
    class Echo(NewsConsumer):
        async def receive(
            self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any
        ) -> None:
            await self.send(bytes_data=bytes_data, text_data=text_data)

    class TextEcho(NewsConsumer):
        async def receive(self, text_data: str) -> None:  # type: ignore[override]
            await self.send(text_data=text_data)

    for app in variants(Echo):
        async with Client(application=app) as client:
            await client.send(data=b"\x00")
            assert (await client.receive_output(SECONDS))["bytes"] == b"\x00"
            assert await client.ask("[1]") == [1]
    for app in variants(TextEcho):
        async with Client(application=app) as client:
            assert await client.ask("[1]") == [1]


async def test_subprotocol_and_headers_are_accepted() -> None:
    class Speaking(NewsConsumer):
        async def connect(self) -> None:
            await self.accept(self.scope["subprotocols"][0], headers=[(b"x-name", b"value")])

    for app in variants(Speaking):
        client = Client(application=app)
        client.scope["subprotocols"] = ["chat.v1"]
        await client.send_input({"type": "websocket.connect"})
        answer = await client.receive_output(SECONDS)
        assert (answer["subprotocol"], answer["headers"]) == ("chat.v1", [(b"x-name", b"value")])
        await client.disconnect()


@pytest.mark.parametrize("own", [True, False])
async def test_middleware_sees_the_whole_connection(own: bool) -> None:
    name: ContextVar[str] = ContextVar("name", default="none")
    seen: list[str] = []

    class Naming(NewsConsumer):
        own_channel = own

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
    class Own(NewsConsumer):
        async def connect(self) -> None:
            for name in ("client", "events", "groups", "socket", "task", "timer", "worker"):
                setattr(self, f"_{name}", None)
                if name != "groups":
                    setattr(self, name, None)
            await self.accept()

    async with Client(application=application(Own)) as client:
        assert (await client.ask('{"type": "ping"}'))["type"] == "pong"
