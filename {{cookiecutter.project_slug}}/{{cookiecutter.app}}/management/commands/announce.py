"""Command `announce`: a message from outside the server."""

from argparse import ArgumentParser
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.core.management.base import BaseCommand, CommandError

from realtime.send import DeliveryError

from ...consumers import send_message


class Command(BaseCommand):
    """Command that sends a message to everyone who is connected."""

    help = "Sends a message to everyone who is connected."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the text and its sender."""
        parser.add_argument("text", help="the text of the message")
        parser.add_argument("--sender", default="announcement", help="the name that is shown")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send the message.

        Raises:
            CommandError: The channel layer can't reach the server, or does not answer.
        """
        if isinstance(get_channel_layer(), InMemoryChannelLayer):
            raise CommandError(
                "The in-memory channel layer can't reach the server, which is another process. "
                "Use the Redis channel layer."
            )
        try:
            async_to_sync(send_message)(options["text"], options["sender"])
        except DeliveryError as error:
            raise CommandError(f"The channel layer does not answer: {error.__cause__}") from error
        self.stdout.write(self.style.SUCCESS("Sent."))
