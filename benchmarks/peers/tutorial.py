"""The consumer of the Channels tutorial, on the settings of a generated project."""

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
    """Adds the channel of each connection to one group."""

    async def connect(self) -> None:
        """Join the group."""
        self.group = self.group_to_join()
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str = "", bytes_data: bytes = b"") -> None:
        """Answer a ping, and send a message to a group."""
        frame = json.loads(text_data)
        if frame.get("type") == "ping":
            await self.send(text_data=json.dumps({"type": "pong", "ref": frame["ref"]}))
            return
        event = {"type": "chat.message", "message": frame["message"]}
        await self.channel_layer.group_send(self.group_to_send(frame), event)

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Send a message of the group to the client."""
        frame = {"type": "message", "message": event["message"], "sender": "a", "sent_at": "b"}
        await self.send(text_data=json.dumps(frame))

    def group_to_join(self) -> str:
        """Return the group of the connection."""
        return "chat"

    def group_to_send(self, frame: dict[str, Any]) -> str:
        """Return the group that a message is for."""
        return "chat"


class UserConsumer(ChatConsumer):
    """Adds the channel of each connection to the group of its user."""

    def group_to_join(self) -> str:
        """Return the group of the connection's user."""
        return f"user-{self.scope['user'].pk}"

    def group_to_send(self, frame: dict[str, Any]) -> str:
        """Return the group of the user whom a message names."""
        return f"user-{frame['user']}"


application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("ws/index/", ChatConsumer.as_asgi()),
                        path("ws/users/", UserConsumer.as_asgi()),
                    ]
                )
            )
        ),
    }
)
