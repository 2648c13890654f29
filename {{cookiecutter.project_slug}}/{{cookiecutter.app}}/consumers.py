"""WebSocket consumers."""

import logging
import secrets

from django.utils import timezone

from realtime.consumers import Frame, FrameError, JsonConsumer
from realtime.send import send_to_group

logger = logging.getLogger(__name__)

GROUP = "{{ cookiecutter.app }}"


class {{ cookiecutter.__app_class }}Consumer(JsonConsumer):
    """Broadcasts each message to everyone who is connected, its sender included."""

    # It only sends and receives in groups, which is faster without a channel for each connection.
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
        try:
            await send_message(text, self.sender)
        except Exception as error:  # noqa: BLE001, each channel layer has its own errors
            logger.warning("A message could not be sent: %r", error)
            raise FrameError("not_delivered", "The message could not be sent. Try again.") from None


async def send_message(text: str, sender: str) -> None:
    """Send a message to everyone who is connected, from any process.

    Raises:
        Exception: The channel layer failed; each has its own errors.
    """
    sent_at = timezone.now().isoformat()
    frame = {"type": "message", "message": text, "sender": sender, "sent_at": sent_at}
    await send_to_group(GROUP, frame)
