"""Applications for tests: consumers in the project's middleware."""

from typing import Any

import pytest

from realtime.authentication import AuthMiddlewareStack
from realtime.connections import Connections
from realtime.consumers import Frame, FrameError, JsonConsumer
from realtime.origin import OriginValidator
from realtime.send import send_to_group
from realtime.testing import Client

GROUP = "tests"


class ChatConsumer(JsonConsumer):
    """Consumer that broadcasts the messages of its clients."""

    own_channel = False

    async def connect(self) -> None:
        await self.join(GROUP)
        self.track_presence(GROUP)
        await self.accept()

    async def on_message(self, frame: Frame) -> None:
        if not isinstance(frame.get("message"), str):
            raise FrameError("bad_type", "`message` must be a string.")
        await send_to_group(GROUP, {"type": "message", "message": frame["message"]})


class ChannelConsumer(ChatConsumer):
    """The same with a channel of its own."""

    own_channel = True


BOTH = pytest.mark.parametrize("consumer", [ChatConsumer, ChannelConsumer])


class NewsConsumer(JsonConsumer):
    """Consumer that accepts everyone and handles the events of a group."""

    groups = ["news"]

    async def news_item(self, event: dict[str, Any]) -> None:
        await self.send_json({"item": event["text"]})


class NewsWithoutChannel(NewsConsumer):
    """The same without a channel of its own."""

    own_channel = False


def application(consumer: type[JsonConsumer]) -> Any:
    """Return the application that serves a consumer at any path."""
    return Connections(OriginValidator(AuthMiddlewareStack(consumer.as_asgi())))


def variants(consumer: type[JsonConsumer]) -> list[Any]:
    """Return the applications that serve a consumer in the project's middleware, and alone."""
    return [application(consumer), consumer.as_asgi()]


def chat(consumer: type[JsonConsumer] = ChatConsumer, **options: Any) -> Client:
    """Return a client of a consumer."""
    return Client(application=application(consumer), **options)
