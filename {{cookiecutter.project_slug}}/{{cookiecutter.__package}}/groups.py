"""Groups of connections: one subscription to the channel layer per process and group.

Channels gives every connection a channel of its own, so that a message to a thousand clients is
queued, woken up for and encoded a thousand times. Here the process subscribes once and encodes
once. Whatever is sent to a group with the channel layer's `group_send`, from any process, reaches
the group's clients as JSON, just as it is.
"""

import asyncio
import logging
from contextlib import suppress
from contextvars import Context
from typing import Any, ClassVar, Protocol, Self

from channels.layers import BaseChannelLayer, get_channel_layer

from .checks import warn_of_second_process
from .frames import Frame, encode
from .metrics import BROADCAST, LAYER_ERRORS, SENT

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2
# How long a connection waits for its group: a healthy channel layer needs milliseconds, and one
# that is down must not keep anyone from connecting.
JOIN_SECONDS = 1
# How long the end of the process waits for groups to unsubscribe.
LEAVE_SECONDS = 1


class Member(Protocol):
    """Takes part in a group."""

    def push(self, text: str) -> None:
        """Send a text without waiting for anyone."""


class Group:
    """A group as seen from this process: made by its first member, ended by its last."""

    suffix = ""
    _open: ClassVar[dict[str, Any]] = {}
    _ending: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, name: str) -> None:
        """Subscribe to a group of the channel layer.

        Raises:
            TypeError: No group can have this name. The Redis layer itself would let it pass.
        """
        BaseChannelLayer().require_valid_group_name(name)
        self.name = name
        self.members: set[Member] = set()
        self._subscribed = asyncio.Event()
        # In a context of its own: it outlives the connection that happened to come first.
        self._reader = asyncio.create_task(self._read(), context=Context())

    @classmethod
    def enter(cls, name: str, member: Member) -> Self:
        """Add a member to the group of this name; it has to leave in the end."""
        name += cls.suffix
        group: Self = cls._open.get(name) or cls(name)
        cls._open[name] = group
        group.members.add(member)
        return group

    def leave(self, member: Member) -> None:
        """Remove a member."""
        self.members.discard(member)
        if not self.members and self._open.get(self.name) is self:
            del self._open[self.name]
            self.close()

    def close(self) -> None:
        """End the subscription."""
        self.end(self._reader)

    @classmethod
    def end(cls, task: asyncio.Task[None]) -> None:
        """Cancel a task, which may have to tell others of its end."""
        task.cancel()
        cls._ending.add(task)
        task.add_done_callback(cls._ending.discard)

    @classmethod
    async def wait_closed(cls) -> None:
        """Wait until the groups that have been closed are unsubscribed."""
        if cls._ending:
            await asyncio.wait(cls._ending, timeout=LEAVE_SECONDS)

    async def ready(self) -> None:
        """Wait until what is sent to the group arrives here, or until that takes too long."""
        if not self._subscribed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(JOIN_SECONDS):
                    await self._subscribed.wait()

    def deliver(self, frame: Frame) -> None:
        """Pass what was sent to the group on to its members."""
        with BROADCAST.labels("deliver").time():
            text = encode(frame)
            for member in tuple(self.members):
                member.push(text)
        SENT.inc(len(self.members))

    async def _read(self) -> None:
        """Keep the subscription up, whatever happens to the channel layer."""
        while self.members:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001, each channel layer has its own errors
                LAYER_ERRORS.inc()
                logger.warning("Group %s hears nothing, trying again: %r", self.name, error)
            self._subscribed.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        layer = get_channel_layer()
        warn_of_second_process(layer)
        channel = await layer.new_channel()
        try:
            await layer.group_add(self.name, channel)
            self._subscribed.set()
            # Redis clients are known to lose a cancellation, which alone would end this.
            while self.members:
                frame = await layer.receive(channel)
                try:
                    self.deliver(frame)
                except Exception:
                    logger.exception("Group %s was sent what can't be delivered", self.name)
                # So that a burst leaves the process time for everything else.
                await asyncio.sleep(0)
        finally:
            # An error must not take the place of a cancellation.
            with suppress(Exception):
                await layer.group_discard(self.name, channel)
