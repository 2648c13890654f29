"""The consumer that the tutorial of Channels teaches, on the settings of a generated project."""

import json
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

django_application = get_asgi_application()


class ChatConsumer(AsyncWebsocketConsumer):
    """Each connection has its own channel, which is in the group."""

    async def connect(self) -> None:
        """Join the group."""
        await self.channel_layer.group_add("chat", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard("chat", self.channel_name)

    async def receive(self, text_data: str = "", bytes_data: bytes = b"") -> None:
        """Answer a ping, and send a message to the group."""
        frame = json.loads(text_data)
        if frame.get("type") == "ping":
            await self.send(text_data=json.dumps({"type": "pong", "ref": frame["ref"]}))
            return
        event = {"type": "chat.message", "message": frame["message"]}
        await self.channel_layer.group_send("chat", event)

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Send a message of the group to the client."""
        frame = {"type": "message", "message": event["message"], "sender": "a", "sent_at": "b"}
        await self.send(text_data=json.dumps(frame))


application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter([path("ws/index/", ChatConsumer.as_asgi())]))
        ),
    }
)
