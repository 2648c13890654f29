"""Sends a message to everyone who is connected, from a consumer, a view, a task or a command."""

import asyncio

from channels.layers import get_channel_layer
from django.utils import timezone

from {{ cookiecutter.__package }}.metrics import BROADCAST

GROUP = "{{ cookiecutter.app }}"
SEND_SECONDS = 5


async def broadcast(text: str, sender: str) -> None:
    """Send a text to every connected client; in sync code: `async_to_sync(broadcast)(...)`.

    Raises:
        Exception: What the channel layer raises when it can't pass a message on.
    """
    frame = {
        "type": "message",
        "message": text,
        "sender": sender,
        # As text, since a channel layer need not carry dates.
        "sent_at": timezone.now().isoformat(),
    }
    with BROADCAST.labels("send").time():
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(GROUP, frame)
