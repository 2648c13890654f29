"""Groups of connections: one subscription to the channel layer per process and group.

Channels gives every connection a channel of its own, so a message to a thousand clients is queued,
received and encoded a thousand times. Here, each process subscribes once to a group, and passes
the frames that `realtime.send` has encoded on to its clients.
"""

import asyncio
import logging
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any, ClassVar, Self

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import BaseChannelLayer, get_channel_layer

from ops.metrics import BROADCAST, LAYER_ERRORS, SENT

from .checks import warn_of_second_process
from .send import EVENT, USERS, text_of

if TYPE_CHECKING:
    from .clients import Client

logger = logging.getLogger(__name__)

Event = dict[str, Any]

RETRY_SECONDS = 2
# How long a connection waits for its group. A channel layer needs milliseconds, and one that is
# down must not keep anyone from connecting.
JOIN_SECONDS = 1
# How long the end of the process waits for groups to unsubscribe.
LEAVE_SECONDS = 1
# The type of the events that test a subscription, and the name of a group without members.
PROBE = "realtime.probe"
PROBE_SECONDS = 0.1


def require_free_name(group: str) -> None:
    """Raise TypeError if the name of a group is reserved."""
    if group.startswith("realtime.") or group.endswith(".presence"):
        raise TypeError(f"The group name {group!r} is reserved.")


def report_unhandled(kind: str, event: Event) -> None:
    """Log an event that a consumer of this kind has no handler for, and how to handle it."""
    name = event["type"]
    logger.error(
        "%s has no handler for the event %r. Define the method %s(), or send frames to browsers "
        "with realtime.send.",
        kind,
        name,
        str(name).replace(".", "_"),
    )


async def free(layer: BaseChannelLayer, channel: str) -> None:
    """Free a channel. A layer does this only if it is cancelled while waiting for an event."""
    with suppress(Exception):
        async with asyncio.timeout(0):
            while True:
                # An event that can't be decoded.
                with suppress(ValueError, TypeError):
                    await layer.receive(channel)


class Group:
    """The members of a group in this process: the first one opens it, the last one closes it."""

    suffix = ""
    _open: ClassVar[dict[tuple[str, str], Any]] = {}
    _closing: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, name: str, using: str) -> None:
        """Subscribe to a group of a channel layer.

        Args:
            name: The name of the group.
            using: The alias of the channel layer.

        Raises:
            TypeError: The name is invalid. The Redis layer itself does not check it.
        """
        BaseChannelLayer().require_valid_group_name(name)
        self.name = name
        self.using = using
        self.members: set[Client] = set()
        self._subscribed = asyncio.Event()
        # In a context of its own, since the task may outlive the connection that created it.
        self._reader = asyncio.create_task(self._read(), context=Context())

    @classmethod
    def enter(cls, name: str, member: "Client", using: str = DEFAULT_CHANNEL_LAYER) -> Self:
        """Add a member to the group of this name, until it calls `leave`."""
        name += cls.suffix
        group: Self = cls._open.get((using, name)) or cls(name, using)
        cls._open[using, name] = group
        group.members.add(member)
        return group

    def leave(self, member: "Client") -> None:
        """Remove a member."""
        self.members.discard(member)
        key = self.using, self.name
        if not self.members and self._open.get(key) is self:
            del self._open[key]
            self.close()

    def close(self) -> None:
        """End the subscription."""
        self.cancel(self._reader)

    @classmethod
    def cancel(cls, task: asyncio.Task[None]) -> None:
        """Cancel a task, which may have to unsubscribe first."""
        task.cancel()
        cls._closing.add(task)
        task.add_done_callback(cls._closing.discard)

    @classmethod
    async def wait_closed(cls) -> None:
        """Wait until the groups that have been closed are unsubscribed."""
        if cls._closing:
            await asyncio.wait(cls._closing, timeout=LEAVE_SECONDS)

    async def ready(self) -> None:
        """Wait until the group is subscribed, or until that takes too long."""
        if not self._subscribed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(JOIN_SECONDS):
                    await self._subscribed.wait()

    def deliver(self, event: Event) -> None:
        """Pass an event on to the members.

        Raises:
            Exception: The event is malformed.
        """
        if event["type"] == EVENT:
            with BROADCAST.labels("deliver").time():
                self.push(tuple(self.members), event)
            return
        for kind in {m.kind for m in tuple(self.members) if not m.notify(event)}:
            report_unhandled(kind, event)

    @staticmethod
    def push(members: tuple["Client", ...], event: Event) -> None:
        """Send the frame that an event carries."""
        text = text_of(event)
        for member in members:
            member.push(text)
        SENT.inc(len(members))

    async def _read(self) -> None:
        """Read the subscription, and renew it whenever the channel layer fails."""
        while self.members:
            try:
                await self._follow()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not self.members or (task and task.cancelling()):
                    raise
                # Raised by a server: this task was not cancelled.
                logger.exception("Group %s was interrupted", self.name)
            except Exception as error:  # noqa: BLE001, each channel layer has its own errors
                LAYER_ERRORS.inc()
                logger.warning("Group %s lost its subscription, retrying: %r", self.name, error)
            self._subscribed.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        layer = get_channel_layer(self.using)
        warn_of_second_process(layer)
        # Fails if Redis does not answer. new_channel() would also fail, but leave a queue behind.
        await layer.group_send(PROBE, {"type": PROBE})
        channel = await layer.new_channel()
        is_waiting = False
        probing = None
        try:
            await layer.group_add(self.name, channel)
            probing = asyncio.create_task(self._probe(layer))
            # The Redis client may swallow a cancellation, so the members are checked too.
            while self.members:
                is_waiting = True
                await self._receive(layer, channel)
                is_waiting = False
                # A burst of events must not block the event loop.
                await asyncio.sleep(0)
        finally:
            if probing:
                probing.cancel()
            # An error must not hide a cancellation.
            with suppress(Exception):
                await layer.group_discard(self.name, channel)
            if not is_waiting:
                await free(layer, channel)

    async def _probe(self, layer: BaseChannelLayer) -> None:
        """Send events to the group until one arrives.

        A layer does not wait for Redis to confirm a subscription, and publishes over another
        connection: a message that is sent at once could be published before the subscription.
        """
        delay = PROBE_SECONDS
        while not self._subscribed.is_set():
            with suppress(Exception):
                await layer.group_send(self.name, {"type": PROBE})
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._subscribed.wait()
            delay = min(2 * delay, RETRY_SECONDS)

    async def _receive(self, layer: BaseChannelLayer, channel: str) -> None:
        """Deliver one event, or log that it can't be decoded or delivered."""
        try:
            event = await layer.receive(channel)
        except (ValueError, TypeError):
            # The subscription still works: these are decoding errors.
            logger.exception("Group %s received an event that can't be decoded", self.name)
            return
        self._subscribed.set()
        if event == {"type": PROBE}:
            return
        try:
            self.deliver(event)
        except Exception:
            logger.exception("Group %s received an event that can't be delivered", self.name)


class UserGroup(Group):
    """The connections of logged-in users in this process, by user."""

    def __init__(self, name: str, using: str) -> None:
        super().__init__(name, using)
        self._users: dict[Client, str] = {}
        self._connections: dict[str, set[Client]] = {}

    @classmethod
    def enter_as(cls, user: str, member: "Client") -> Self:
        """Add a connection of a user."""
        group = cls.enter(USERS, member)
        group.add(user, member)
        return group

    def add(self, user: str, member: "Client") -> None:
        """Add a connection of a user to the index."""
        self._users[member] = user
        self._connections.setdefault(user, set()).add(member)

    def leave(self, member: "Client") -> None:
        """Remove a connection."""
        user = self._users.pop(member)
        self._connections[user].discard(member)
        if not self._connections[user]:
            del self._connections[user]
        super().leave(member)

    def deliver(self, event: Event) -> None:
        """Send a frame to the connections of the user whom the event names."""
        self.push(tuple(self._connections.get(event["user"], ())), event)
