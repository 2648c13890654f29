"""Presence: the number of connections across all processes.

Every process announces its number of connections to the others, when the number changes and every
few seconds. A process that has been silent for a while is assumed dead and no longer counts.
"""

import asyncio
import logging
import secrets
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Self

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import get_channel_layer

from ops.metrics import LAYER_ERRORS, SENT

from .frames import encode
from .groups import Event, Group

if TYPE_CHECKING:
    from .clients import Client

logger = logging.getLogger(__name__)

PROCESS = secrets.token_hex(8)
# The shortest time between two announcements, however many connections come and go.
INTERVAL_SECONDS = 1
REPEAT_SECONDS = 4
FORGET_SECONDS = 10
# The most in one process: far more than a host can serve.
MAX_ONLINE = 10_000_000
# How long the channel layer may take to pass a number on.
ANNOUNCE_SECONDS = 1


class Presence(Group):
    """Group that counts its members across all processes, and reports the number on request."""

    suffix = ".presence"

    def __init__(self, name: str, using: str) -> None:
        super().__init__(name, using)
        self.changed = asyncio.Event()
        self._elsewhere: dict[str, tuple[int, float]] = {}
        self._watchers: dict[Client, int | None] = {}
        self._reporter = asyncio.create_task(self._report(), context=Context())

    @classmethod
    def enter(cls, name: str, member: "Client", using: str = DEFAULT_CHANNEL_LAYER) -> Self:
        """Count a member."""
        presence = super().enter(name, member, using)
        presence.changed.set()
        return presence

    def watch(self, member: "Client") -> None:
        """Send a member the number, now and whenever it changes."""
        self._watchers[member] = None
        self.changed.set()

    def leave(self, member: "Client") -> None:
        """Stop counting a member."""
        self._watchers.pop(member, None)
        self.changed.set()
        super().leave(member)

    def close(self) -> None:
        """Stop counting."""
        super().close()
        self.cancel(self._reporter)

    def deliver(self, event: Event) -> None:
        """Record the number of another process. A new process receives this one's in return.

        Raises:
            ValueError: The event carries no number. Other programs can publish too.
        """
        match event:
            case {"process": str(process), "online": int(online)} if 0 <= online <= MAX_ONLINE:
                pass
            case _:
                raise ValueError("no number of connections")
        if process == PROCESS:
            return
        known, _ = self._elsewhere.get(process, (None, 0.0))
        self._elsewhere[process] = online, asyncio.get_running_loop().time()
        if known != online:
            self.changed.set()

    async def _report(self) -> None:
        """Report to the other processes, then to the watchers, and wait for the next change."""
        try:
            while self.members:
                await self._announce(len(self.members))
                self._show()
                await asyncio.sleep(INTERVAL_SECONDS)
                with suppress(TimeoutError):
                    async with asyncio.timeout(REPEAT_SECONDS):
                        await self.changed.wait()
                self.changed.clear()
        finally:
            await self._announce(0)

    async def _announce(self, online: int) -> None:
        event = {"type": "realtime.presence", "process": PROCESS, "online": online}
        try:
            async with asyncio.timeout(ANNOUNCE_SECONDS):
                await get_channel_layer(self.using).group_send(self.name, event)
        except Exception as error:  # noqa: BLE001, each channel layer has its own errors
            LAYER_ERRORS.inc()
            logger.debug("Presence could not be announced: %r", error)

    def _show(self) -> None:
        now = asyncio.get_running_loop().time()
        self._elsewhere = {
            process: (online, heard)
            for process, (online, heard) in self._elsewhere.items()
            if now - heard < FORGET_SECONDS
        }
        online = len(self.members) + sum(online for online, _ in self._elsewhere.values())
        text = encode({"type": "presence", "online": online})
        for member, shown in tuple(self._watchers.items()):
            if shown != online:
                self._watchers[member] = online
                member.push(text)
                SENT.inc()
