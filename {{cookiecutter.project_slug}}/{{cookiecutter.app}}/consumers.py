"""WebSocket consumers."""

import secrets

from django.utils import timezone

from realtime.consumers import Frame, FrameError, JsonConsumer
from realtime.send import send_to_group

GROUP = "{{ cookiecutter.app }}"


class {{ cookiecutter.__app_class }}Consumer(JsonConsumer):
    """Consumer that broadcasts each message to everyone who is connected, sender included."""

    # This consumer only uses groups, which are faster without a channel for each connection.
    own_channel = False

    async def connect(self) -> None:
        """Accept everyone, and give each guest a name that no user can have."""
        self.sender = self.scope["user"].get_username() or f"guest ({secrets.token_hex(2)})"
        await self.join(GROUP)
        self.track_presence(GROUP)
        await self.accept()

    async def on_message(self, frame: Frame) -> None:
        """Broadcast a message."""
        text = frame.get("message")
        if not isinstance(text, str):
            raise FrameError("bad_type", "`message` must be a string.")
        await send_message(text, self.sender)


async def send_message(text: str, sender: str) -> None:
    """Send a message to everyone who is connected, from any process.

    Raises:
        DeliveryError: The channel layer has failed or does not answer.
    """
    frame = {"type": "message", "message": text, "sender": sender, "sent_at": timezone.now()}
    await send_to_group(GROUP, frame)
