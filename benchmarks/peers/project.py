"""The generated project, with two more consumers for the rows about them."""

import django
from django.urls import path

django.setup()

import mysite.routing
from index.consumers import IndexConsumer
from realtime.consumers import Frame, JsonConsumer
from realtime.send import send_to_user


class OwnChannelConsumer(IndexConsumer):
    """The project's consumer, with a channel of its own for each connection."""

    own_channel = True


class UserConsumer(JsonConsumer):
    """Sends each message to the user that it names."""

    own_channel = False
    login_required = True

    async def on_message(self, frame: Frame) -> None:
        """Send a message to all connections of a user."""
        text = {"type": "message", "message": frame["message"], "sender": "a", "sent_at": "b"}
        await send_to_user(frame["user"], text)


mysite.routing.websocket_urlpatterns += [
    path("ws/own-channel/", OwnChannelConsumer.as_asgi()),
    path("ws/users/", UserConsumer.as_asgi()),
]

from mysite.asgi import application as application  # noqa: PLC0414
