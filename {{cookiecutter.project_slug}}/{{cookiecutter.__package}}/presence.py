"""Presence: how many are connected, over all processes.

Every process tells the others how many connections it has, when that changes and every few
seconds. A process that has not been heard of for a while has been killed, and counts no more.
"""

import asyncio
import logging
import secrets
from contextlib import suppress
from contextvars import Context
from typing import Self

from channels.layers import get_channel_layer

from .frames import Frame, encode
from .groups import Group, Member
from .metrics import LAYER_ERRORS, SENT

logger = logging.getLogger(__name__)

PROCESS = secrets.token_hex(8)
# However many come and go, nothing is told more often than this.
TELL_SECONDS = 1
REPEAT_SECONDS = 4
FORGET_SECONDS = 10
# How long the channel layer may take to pass a number on.
ANNOUNCE_SECONDS = 1


class Presence(Group):
    """Counts its members here and elsewhere, and tells those who asked."""

    suffix = ".presence"

    def __init__(self, name: str) -> None:
        """Start counting under a name."""
        super().__init__(name)
        self.changed = asyncio.Event()
        self._elsewhere: dict[str, tuple[int, float]] = {}
        self._watchers: dict[Member, int | None] = {}
        self._teller = asyncio.create_task(self._tell(), context=Context())

    @classmethod
    def enter(cls, name: str, member: Member) -> Self:
        """Count a member."""
        presence = super().enter(name, member)
        presence.changed.set()
        return presence

    def watch(self, member: Member) -> None:
        """Tell a member the number, and every change of it."""
        self._watchers[member] = None
        self.changed.set()

    def leave(self, member: Member) -> None:
        """Count a member no more."""
        self._watchers.pop(member, None)
        self.changed.set()
        super().leave(member)

    def close(self) -> None:
        """Stop counting."""
        super().close()
        self.end(self._teller)

    def deliver(self, frame: Frame) -> None:
        """Note how many another process has; a new one gets to know our number in return."""
        process, online = frame["process"], frame["online"]
        if process == PROCESS:
            return
        known, _ = self._elsewhere.get(process, (None, 0.0))
        self._elsewhere[process] = online, asyncio.get_running_loop().time()
        if known != online:
            self.changed.set()

    async def _tell(self) -> None:
        """Tell the other processes, then the watchers, and wait for the next change."""
        try:
            while self.members:
                await self._announce(len(self.members))
                self._show()
                await asyncio.sleep(TELL_SECONDS)
                with suppress(TimeoutError):
                    async with asyncio.timeout(REPEAT_SECONDS):
                        await self.changed.wait()
                self.changed.clear()
        finally:
            await self._announce(0)

    async def _announce(self, online: int) -> None:
        try:
            async with asyncio.timeout(ANNOUNCE_SECONDS):
                await get_channel_layer().group_send(
                    self.name, {"process": PROCESS, "online": online}
                )
        except Exception as error:  # noqa: BLE001, each channel layer has its own errors
            LAYER_ERRORS.inc()
            logger.debug("The other processes do not hear of this one: %r", error)

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
