"""Sending frames to browsers, from a consumer, a view, a task or a command.

    await send_to_group("news", {"type": "headline", "text": "..."})
    async_to_sync(send_to_user)(user, {"type": "notice", "text": "..."})

A frame is encoded once, here, and reaches browsers as it is. Any other event that is sent to a
group with Channels' `group_send` is for event handlers of consumers and never reaches a browser.
"""

import asyncio
import logging
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import get_channel_layer

from ops.metrics import BROADCAST

from .frames import Frame, FrameError, decode, encode

logger = logging.getLogger(__name__)

# The type of the event that carries a frame.
EVENT = "realtime.send"
# Each process with logged-in clients listens to this group; an event in it names its user.
USERS = "realtime.users"
SEND_SECONDS = 5


class DeliveryError(FrameError):
    """The channel layer has failed, or does not answer within 5 seconds.

    In an `on_` method of a consumer, the client receives the error and stays connected.
    """

    def __init__(self) -> None:
        super().__init__("not_delivered", "The message could not be sent. Try again.")


async def send_to_group(group: str, frame: Frame, using: str = DEFAULT_CHANNEL_LAYER) -> None:
    """Send a frame to every client in a group, in all processes.

    Args:
        group: The name of the group.
        frame: What the clients receive, as JSON.
        using: The alias of the channel layer.

    Raises:
        TypeError: The group's name is invalid, the frame is not a dictionary, or JSON has no type
            for a value in it.
        ValueError: The frame can't be encoded as JSON.
        DeliveryError: The channel layer has failed or does not answer.
    """
    await _send(group, {"type": EVENT, "group": group, "text": text_from(frame)}, using)


async def send_to_user(user: Any, frame: Frame) -> None:
    """Send a frame to every connection of a logged-in user, in all processes.

    Args:
        user: The user, or the user's primary key.
        frame: What the clients receive, as JSON.

    Raises:
        TypeError: The user is None or has no primary key, or as for `send_to_group`.
        ValueError: As for `send_to_group`.
        DeliveryError: As for `send_to_group`.
    """
    key = getattr(user, "pk", user)
    if key is None:
        raise TypeError("send_to_user requires a saved user.")
    event = {"type": EVENT, "user": str(key), "text": text_from(frame)}
    await _send(USERS, event, DEFAULT_CHANNEL_LAYER)


def text_from(frame: Frame) -> str:
    """Return the JSON of a frame."""
    if not isinstance(frame, dict):
        raise TypeError("A frame must be a dictionary.")
    return encode(frame)


def text_of(event: dict[str, Any]) -> str:
    """Return the frame that an event carries.

    Raises:
        Exception: It carries no frame. Other programs can publish too, and browsers must receive
            only JSON objects.
    """
    text: str = event["text"]
    if not isinstance(decode(text), dict):
        raise TypeError("A frame must be a JSON object.")
    return text


async def _send(group: str, event: dict[str, Any], using: str) -> None:
    with BROADCAST.labels("send").time():
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await get_channel_layer(using).group_send(group, event)
        except (TypeError, ValueError):
            # The name of the group is invalid.
            raise
        except Exception as error:
            logger.warning("A frame could not be sent: %r", error)
            raise DeliveryError from error
