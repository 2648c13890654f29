"""The client of a consumer: its queued frames, heartbeat, message rate and groups.

Close codes: 4008, the client stopped reading, or sent pings and then fell silent; 4029, it sent too
many messages. connections.py adds 1012 and 1013.
"""

import asyncio
import logging
{% if cookiecutter.django == '5.2' %}
import sys
{% endif %}
import types
from collections.abc import Awaitable, Callable, Generator
from contextvars import copy_context
from typing import Any

from django.conf import settings

from ops.metrics import RECEIVED, SENT

from .frames import FrameError
from .groups import Event, Group
from .rate import Rate
from .sockets import Socket

logger = logging.getLogger(__name__)

TOO_SLOW = 4008
TOO_MANY = 4029
# A client may exceed the rate of messages by this factor before it is closed.
TOLERANCE = 2

# A client with this many queued frames is closed if the server has accepted none for STALL_SECONDS.
MAX_BACKLOG = 256
STALL_SECONDS = 10
# With this many, it is always closed. A group's frame is in memory once for all clients.
MAX_BURST = 2048
# Proxies close a connection after a minute of silence: nginx's proxy_read_timeout, for example.
HEARTBEAT_SECONDS = 25
HEARTBEAT = '{"type": "heartbeat"}'
# A client that has sent a ping is expected to send the next one within this time.
SILENCE_SECONDS = 60
# How long a close waits for the frames queued before it.
FLUSH_SECONDS = 1
# The types of a frame's content.
FRAME = (str, bytes, bytearray, memoryview)


@types.coroutine
def resume(steps: Generator[Any, Any, None], waiting: Any) -> Generator[Any, Any, None]:
    """Return the rest of an awaitable that has yielded the future it is `waiting` for."""
    try:
        yield waiting
    except BaseException as error:  # noqa: BLE001, the awaitable handles it
        try:
            waiting = steps.throw(error)
        except StopIteration:
            return
        yield from resume(steps, waiting)
    else:
        yield from steps


class Client:
    """The client of one connection, and a member of groups."""

    def __init__(
        self,
        kind: str,
        socket: Socket,
        send: Callable[[Event], Awaitable[None]],
        notify: Callable[[Event], bool],
        *,
        has_middleware: bool,
    ) -> None:
        """Start the heartbeat.

        Args:
            kind: The name of the consumer's class.
            socket: The connection.
            send: Sends an ASGI event through the middleware around the consumer.
            notify: Passes a group's event to its handler; returns whether there is one.
            has_middleware: Whether middleware may wrap `send`.
        """
        self.kind = kind
        self.notify = notify
        self.groups: dict[tuple[type[Group], str], Group] = {}
        self.sends_pings = False
        self._socket = socket
        self._send = send
        self._send_frame = send if has_middleware else socket.send_frame
        self._loop = asyncio.get_running_loop()
        self._received_at = self._sent_at = self._loop.time()
        self._limit: int = settings.WS_MESSAGES_PER_SECOND
        self._rate = Rate(self._limit)
        # Holds frames of groups during the handshake, and all frames while an earlier one is sent.
        self._backlog: list[Event] = []
        self._writer: asyncio.Task[None] | None = None
        self._is_open = False
        # Middleware expects to run in a task with its own context; a server does not.
        self._has_middleware = has_middleware
        self._context = copy_context()
        self._timer = self._loop.call_later(HEARTBEAT_SECONDS, self._watch)

    async def send(self, event: Event) -> None:
        """Send an ASGI event of the consumer, in order with the frames of groups.

        Raises:
            TypeError: A frame is neither text nor bytes.
        """
        if event["type"] == "websocket.send" and self._is_open:
            text = event.get("text")
            if not isinstance(event.get("bytes") if text is None else text, FRAME):
                raise TypeError("A frame must be text or bytes.")
            while self._writer and len(self._backlog) >= MAX_BACKLOG:
                await asyncio.wait([self._writer])
            self._enqueue(event)
            SENT.inc()
            return
        if event["type"] == "websocket.close":
            self.leave_all()
            await self.flush()
        await self._send(event)
        if event["type"] == "websocket.accept":
            self._is_open = True
            if self._backlog:
                self._start_writer()

    def push(self, text: str) -> None:
        """Send a text frame without waiting. A client that does not read is closed."""
        if len(self._backlog) >= MAX_BACKLOG and self._is_stalled():
            self.clear()
            self.disconnect(TOO_SLOW)
            return
        self._enqueue({"type": "websocket.send", "text": text})

    def disconnect(self, code: int) -> None:
        """Close the connection, also from outside a handler."""
        self.leave_all()
        self._socket.disconnect(code)

    def count(self, size: int) -> bool:
        """Count a frame of the client; return False if it sends far too many.

        Args:
            size: The frame's length in bytes.

        Raises:
            FrameError: The client, or its network, sends more than is allowed.
        """
        RECEIVED.inc()
        self._received_at = self._loop.time()
        rate = self._rate.add()
        network = self._socket.network
        shared = network.add(size) if network else 0
        if max(rate, shared) > TOLERANCE:
            return False
        if rate > 1:
            raise FrameError("rate_limited", f"Send at most {self._limit} messages per second.")
        if shared > 1:
            raise FrameError("rate_limited", "Your network sends too much. Wait a few seconds.")
        return True

    async def end(self, code: int) -> None:
        """Close the connection after sending the queued frames."""
        await self.flush()
        self.disconnect(code)

    def join(self, kind: type[Group], name: str, using: str) -> Group:
        """Become a member of a group."""
        key = kind, name
        if key not in self.groups:
            self.groups[key] = kind.enter(name, self, using)
        return self.groups[key]

    def leave(self, kind: type[Group], name: str) -> None:
        """Leave a group."""
        if group := self.groups.pop((kind, name), None):
            group.leave(self)

    def leave_all(self) -> None:
        """Leave all groups."""
        for kind, name in tuple(self.groups):
            self.leave(kind, name)

    def clear(self) -> None:
        """Leave all groups, and drop the queued frames."""
        self.leave_all()
        self._backlog.clear()

    def stop(self) -> None:
        """Stop everything, since the connection has ended."""
        self._timer.cancel()
        if self._writer:
            self._writer.cancel()
        self.clear()

    def _enqueue(self, event: Event) -> None:
        """Send an event after the queued ones: usually now, without yielding to the loop."""
        if self._writer or not self._is_open or self._has_middleware:
            self._backlog.append(event)
            if self._writer is None and self._is_open:
                self._start_writer()
            return
        # An eager task for each frame would cost a tenth of a broadcast.
        self._sent_at = self._loop.time()
        try:
            steps = self._send_frame(event).__await__()
            waiting = next(steps)
        except StopIteration:
            pass
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001, as in _write
            logger.debug("A frame was not sent: %r", error)
        else:
            self._start_writer(resume(steps, waiting))

    def _start_writer(self, sending: Awaitable[None] | None = None) -> None:
        """Start a task that finishes the frame being sent, then sends the queued frames."""
        writing = self._write(sending)
{% if cookiecutter.django == '5.2' %}
        if sys.version_info < (3, 12):
            self._writer = self._loop.create_task(writing, context=self._context)
            return
{% endif %}
        writer = asyncio.Task(writing, loop=self._loop, context=self._context, eager_start=True)
        if not writer.done():
            self._writer = writer

    async def _write(self, sending: Awaitable[None] | None) -> None:
        """Send the queued frames, including those added meanwhile."""
        try:
            while sending or self._backlog:
                try:
                    if sending is None:
                        self._sent_at = self._loop.time()
                        sending = self._send_frame(self._backlog.pop(0))
                    await sending
                except Exception as error:  # noqa: BLE001, servers raise their own if a client is gone
                    logger.debug("A frame was not sent: %r", error)
                sending = None
        finally:
            self._writer = None

    async def flush(self) -> None:
        """Wait until the queued frames are sent, but not long: the client may not be reading."""
        if self._writer:
            await asyncio.wait([self._writer], timeout=FLUSH_SECONDS)

    def _watch(self) -> None:
        """Send a heartbeat, or close a client that has stopped sending pings."""
        now = self._loop.time()
        if self.sends_pings and now - self._received_at >= SILENCE_SECONDS:
            self.disconnect(TOO_SLOW)
            return
        if now - self._sent_at >= HEARTBEAT_SECONDS:
            self.push(HEARTBEAT)
            self._sent_at = now
            SENT.inc()
        self._timer = self._loop.call_at(self._sent_at + HEARTBEAT_SECONDS, self._watch)

    def _is_stalled(self) -> bool:
        """Return whether no frame has been sent for a while, or far too many are queued."""
        silent = self._loop.time() - self._sent_at
        return silent >= STALL_SECONDS or len(self._backlog) >= MAX_BURST
