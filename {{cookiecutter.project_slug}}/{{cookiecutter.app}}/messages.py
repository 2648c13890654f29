"""Sends a message to everyone who is connected, from a consumer, a view, a task or a command."""

from channels.layers import get_channel_layer
from django.utils import timezone

GROUP = "{{ cookiecutter.app }}"


async def broadcast(text: str, sender: str) -> None:
    """Send a text to every connected client; in sync code: `async_to_sync(broadcast)(...)`.

    Raises:
        Exception: What the channel layer raises when it can't pass a message on.
    """
    await get_channel_layer().group_send(
        GROUP,
        {
            # Channels calls the consumer's method of this name.
            "type": "{{ cookiecutter.app }}_message",
            "message": text,
            "sender": sender,
            # As text, since a channel layer need not carry dates.
            "sent_at": timezone.now().isoformat(),
        },
    )
