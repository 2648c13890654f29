"""What happens on a WebSocket of this app."""

import logging
import secrets

from {{ cookiecutter.__package }}.frames import Frame, FrameError
from {{ cookiecutter.__package }}.metrics import LAYER_ERRORS
from {{ cookiecutter.__package }}.websocket import JsonConsumer

from .messages import GROUP, broadcast

logger = logging.getLogger(__name__)


class {{ cookiecutter.__app_class }}Consumer(JsonConsumer):
    """Passes each message on to everyone who is connected, its sender included."""

    async def connect(self) -> None:
        """Let everyone in, and tell the visitors who did not log in apart."""
        user = self.scope["user"]
        self.sender = user.get_username() or f"guest-{secrets.token_hex(2)}"
        await self.join(GROUP)
        self.appear(GROUP)
        await self.accept()

    async def on_message(self, frame: Frame) -> None:
        """Send a client's message to everyone."""
        text = frame.get("message")
        if not isinstance(text, str):
            raise FrameError("bad_type", "`message` must be a text.")
        try:
            await broadcast(text, self.sender)
        except Exception as error:  # noqa: BLE001, each channel layer has its own errors
            LAYER_ERRORS.inc()
            logger.warning("A message could not be passed on: %r", error)
            raise FrameError("not_delivered", "The message could not be sent. Try again.") from None
