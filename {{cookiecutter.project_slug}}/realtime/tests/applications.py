"""Applications for tests: a consumer inside all that the project has around one."""

from typing import Any

from realtime.authentication import AuthMiddlewareStack
from realtime.connections import Connections
from realtime.consumers import Frame, FrameError, JsonConsumer
from realtime.origin import OriginValidator
from realtime.send import send_to_group

GROUP = "tests"


class ChatConsumer(JsonConsumer):
    """Broadcasts what it is sent."""

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


def application(consumer: type[JsonConsumer]) -> Any:
    """Return the application that serves a consumer at any path."""
    return Connections(OriginValidator(AuthMiddlewareStack(consumer.as_asgi())))
