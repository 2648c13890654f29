"""A WebSocket consumer that speaks JSON and outlives whatever a client sends.

Close codes: 4008, the client does not read what it is sent, or pinged once and then fell silent;
4029, it sends more than its share. The middleware in connections.py adds 1012 and 1013.
"""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from typing import Any

from channels.exceptions import AcceptConnection, DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from .connections import Socket
from .frames import Frame, FrameError, encode, parse
from .groups import Group
from .metrics import ERRORS, RECEIVED, SENT
from .presence import Presence

TOO_SLOW = 4008
TOO_MANY = 4029

# With so many frames waiting for it, a client is closed if the server has taken none for so long.
MAX_BACKLOG = 256
STALL_SECONDS = 10
# And with so many in any case; what a group was sent is in memory once for all its clients.
MAX_BURST = 2048
# Proxies cut a connection after a minute of silence: nginx's proxy_read_timeout, for example.
HEARTBEAT_SECONDS = 25
HEARTBEAT = '{"type": "heartbeat"}'
# A client that has sent a ping is expected to send the next one within this time.
SILENCE_SECONDS = 60


@types.coroutine
def go_on(work: Coroutine[Any, Any, None], waiting: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has been run until it yielded what it is `waiting` for."""
    yield waiting
    yield from work


def start(work: Coroutine[Any, Any, None]) -> asyncio.Future[None] | None:
    """Run a coroutine until it has to wait, and leave what remains of it, if anything, to a task.

    This is what eager tasks do, which Python has since 3.12. Most of the time, though, a server
    takes a frame at once, and to make a task for nothing would be a tenth of a broadcast's cost.
    """
    try:
        waiting = work.send(None)
    except StopIteration:
        return None
    return asyncio.ensure_future(go_on(work, waiting))


class JsonConsumer(AsyncWebsocketConsumer):
    """Calls `on_<type>` for each frame `{"type": "<type>", ...}`.

    A frame without a type is a message. An error goes to the client that erred and to nobody else.
    Instead of adding a channel of its own to a group of the channel layer, it joins the group.
    """

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Take the connection, and leave it to the outermost middleware to call `serve`.

        What lies between, sessions and authentication for example, has done its work. As part of a
        call that lasts as long as the connection, it would cost 4 kB of memory all that time.
        """
        self.scope = scope
        self.base_send = send
        self._socket: Socket = scope["socket"]
        self._socket.serve = self.serve

    async def serve(self) -> None:
        """Serve the connection from handshake to close."""
        self._loop = asyncio.get_running_loop()
        self._groups: list[Group] = []
        self._presence: Presence | None = None
        self._pings = False
        self._recent = 0.0
        self._heard_at = self._sent_at = self._loop.time()
        self._backlog: list[str] = []
        # Not done until the handshake is, so that frames of a group wait for it.
        self._writer: asyncio.Future[None] | None = self._loop.create_future()
        self._timer = self._loop.call_later(HEARTBEAT_SECONDS, self._watch)
        code = 1006
        try:
            await self._socket.receive()
            try:
                await self.connect()
            except AcceptConnection:
                await self.accept()
            except DenyConnection:
                await self.close()
            while (event := await self._socket.receive())["type"] == "websocket.receive":
                await self._handle(event.get("text"))
            code = event.get("code") or code
        finally:
            self._timer.cancel()
            self._backlog.clear()
            self._leave_groups()
            await self.disconnect(code)

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Complete the handshake."""
        await super().accept(subprotocol, headers)
        self._writer = start(self._write())

    async def join(self, group: str) -> None:
        """Send the client whatever is sent to a group from now on."""
        self._groups.append(joined := Group.enter(group, self))
        await joined.ready()

    def appear(self, name: str) -> None:
        """Count the client among those present under a name, and answer it when it asks."""
        self._groups.append(presence := Presence.enter(name, self))
        self._presence = presence

    def push(self, text: str) -> None:
        """Send a text to the client without waiting for it; one that does not read is closed."""
        if len(self._backlog) >= MAX_BACKLOG and self._is_stalled():
            self._backlog.clear()
            self.evict(TOO_SLOW)
            return
        self._backlog.append(text)
        if self._writer is None or self._writer.done():
            self._writer = start(self._write())

    def evict(self, code: int) -> None:
        """Close the connection from outside a handler."""
        self._leave_groups()
        self._socket.end(code)

    async def send_json(self, frame: Frame) -> None:
        """Send one frame to this client, which may have to read some others first."""
        while self._writer and len(self._backlog) >= MAX_BACKLOG:
            await asyncio.wait([self._writer])
        self.push(encode(frame))
        SENT.inc()

    async def on_ping(self, frame: Frame) -> None:
        """Answer at once, so that the client can tell a live connection from a dead one."""
        self._pings = True
        await self.send_json({"type": "pong", "ref": frame.get("ref")})

    async def on_presence(self, _frame: Frame) -> None:
        """Tell the client how many are present, now and whenever that changes."""
        if self._presence is None:
            raise FrameError("unknown_type", "Presence is not known here.")
        self._presence.watch(self)

    async def _handle(self, text: str | None) -> None:
        """Pass a frame to its handler, or answer with what is wrong with it."""
        RECEIVED.inc()
        limit = settings.WS_MESSAGES_PER_SECOND
        now = self._loop.time()
        # What came within the last second counts, less and less the longer ago it was.
        self._recent = max(0.0, self._recent - (now - self._heard_at) * limit) + 1
        self._heard_at = now
        if self._recent > 2 * limit:
            if self._writer:
                # The errors so far come before the end.
                await asyncio.wait([self._writer], timeout=1)
            self.evict(TOO_MANY)
            return
        ref = None
        try:
            frame = parse(text)
            ref = frame.get("ref")
            if self._recent > limit:
                raise FrameError("rate_limited", f"Send at most {limit} messages per second.")
            kind = frame.get("type", "message")
            handler = getattr(self, f"on_{kind}", None) if isinstance(kind, str) else None
            if handler is None:
                raise FrameError("unknown_type", "This type of message is not known here.")
            await handler(frame)
        except FrameError as error:
            ERRORS.labels(error.code).inc()
            await self.send_json(
                {"type": "error", "code": error.code, "detail": error.detail, "ref": ref},
            )

    async def _write(self) -> None:
        """Send what waits, and what comes meanwhile."""
        backlog = self._backlog
        try:
            while backlog:
                self._sent_at = self._loop.time()
                await self._socket.send({"type": "websocket.send", "text": backlog.pop(0)})
        except Exception:  # noqa: BLE001, each server has its own way to say the client is gone
            backlog.clear()

    def _watch(self) -> None:
        """Break the silence, or end it with a client that is known to be able to speak."""
        now = self._loop.time()
        if self._pings and now - self._heard_at >= SILENCE_SECONDS:
            self.evict(TOO_SLOW)
            return
        if now - self._sent_at >= HEARTBEAT_SECONDS:
            self.push(HEARTBEAT)
            self._sent_at = now
            SENT.inc()
        self._timer = self._loop.call_at(self._sent_at + HEARTBEAT_SECONDS, self._watch)

    def _is_stalled(self) -> bool:
        """Tell whether no frame has gone out for a while, or far too many wait."""
        silent = self._loop.time() - self._sent_at
        return silent >= STALL_SECONDS or len(self._backlog) >= MAX_BURST

    def _leave_groups(self) -> None:
        for group in self._groups:
            group.leave(self)
        self._groups.clear()
