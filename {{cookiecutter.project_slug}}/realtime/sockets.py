"""WebSockets of the process, and how they close."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
{% if cookiecutter.server == 'daphne' %}
from functools import partial
{% endif %}
from typing import Any, cast

from ops.metrics import CLOSED

{% if cookiecutter.server == 'daphne' %}
from .daphne import Inlet, Outlet, limit_fragments
{% endif %}
from .networks import Network

# Where a scope holds its Socket.
SOCKET = "realtime.socket"

# The close code after which a page reconnects, perhaps as a guest.
SESSION_CHANGED = 4001
# Time for a client to confirm the close.
CLOSE_SECONDS = 5
{% if cookiecutter.server == 'granian' %}
# Time for a client to stop sending, and the silence that shows that it has.
DRAIN_SECONDS = 1
SILENCE_SECONDS = 0.1
{% endif %}


class Socket:
    """A WebSocket that can be closed from outside the consumer that serves it."""

    def __init__(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Wrap the server's callables; the current task is the one that serves the WebSocket."""
        self.task = cast("asyncio.Task[None]", asyncio.current_task())
        self.code: int | None = None
        # The client's network, or None without the project's application, as in some tests.
        self.network: Network | None = None
        # The close code for a user whose login has ended.
        self.login_code = SESSION_CHANGED
        # Waits, for a limited time, until the consumer has finished its current work.
        self.rest: Callable[[], Awaitable[None]] | None = None
        # The server's own callable, which is enough for frames.
        self.send_frame = send
        self._receive = receive
        self._is_closed = False
        self._is_gone = False
        self.closing: asyncio.Task[None] | None = None
        # The task that waits for the client. Channels' own consumers have a separate one.
        self._waiting: asyncio.Task[Any] | None = None
        self._deadline: asyncio.TimerHandle | None = None
{% if cookiecutter.server == 'daphne' %}
        if isinstance(send, partial):
            # Daphne drops a connection within a second of a close, sometimes before it has sent the
            # close frame. Its timer runs up to a second fast.
            protocol = send.args[0]
            protocol.closeHandshakeTimeout = CLOSE_SECONDS + 1
            limit_fragments(protocol, self)
            self.send_frame = Outlet(send, protocol).send
            self._receive = Inlet(protocol).get
{% endif %}

    async def send(self, event: Any) -> None:
        """Send an event."""
        if event["type"] == "websocket.close":
            if self._is_closed:
                return
            self._is_closed = True
        await self.send_frame(event)

    async def receive(self) -> Any:
        """Return the next event. A close from outside appears as a disconnect like any other.

        Frames that a client sends after the close are dropped, as the consumer may have refused it.
        """
        while self.code is None:
            self._waiting = waiting = asyncio.current_task()
            try:
                event = await self._receive()
            except asyncio.CancelledError:
                if self.code is None or waiting is None:
                    raise
                waiting.uncancel()
                break
            finally:
                self._waiting = None
            if event["type"] == "websocket.disconnect":
                self._is_gone = True
            if not self._is_closed or event["type"] != "websocket.receive":
                return event
        return await self._receive_end()

    async def _receive_end(self) -> Any:
        """Close the WebSocket, unless its client has left, and return the disconnect."""
        if self.rest and not self._is_gone:
            await self.rest()
        if self._deadline:
            self._deadline.cancel()
        if self._is_gone:
            return {"type": "websocket.disconnect", "code": self.code}
        # A client that does not read now may still read its close code later.
        self.closing = asyncio.create_task(self._close())
        await asyncio.wait([self.closing], timeout=CLOSE_SECONDS)
        if asyncio.current_task() is not self.task:
            # Channels' dispatch may still be busy with another event.
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(CLOSE_SECONDS, self.task.cancel)
        return {"type": "websocket.disconnect", "code": self.code}

    async def _close(self) -> None:
        """Close the WebSocket and wait until the client has confirmed it."""
        # Each server raises its own error if the client is gone.
        with suppress(Exception):
{% if cookiecutter.server == 'granian' %}
            await self._drain()
{% endif %}
            await self.send({"type": "websocket.close", "code": self.code})
            while (await self._receive())["type"] != "websocket.disconnect":
                pass

{% if cookiecutter.server == 'granian' %}
    async def _drain(self) -> None:
        """Read what the client has already sent.

        Granian closes the connection right after its close frame. If any data is unread then, the
        system resets the connection, and the close code is lost.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                event = {"type": "websocket.receive"}
                while event["type"] == "websocket.receive":
                    async with asyncio.timeout(SILENCE_SECONDS):
                        event = await self._receive()

{% endif %}
    def end(self) -> None:
        """Stop the deadline, since the consumer has ended."""
        if self._deadline:
            self._deadline.cancel()

    def disconnect(self, code: int) -> None:
        """Close the WebSocket as soon as its consumer has handled the current frame."""
        if self.code is None:
            self.code = code
            CLOSED.labels(code).inc()
            if self._waiting:
                self._waiting.cancel()
            if self._waiting is not self.task:
                # The consumer may be sending to a client that does not read, for example.
                loop = asyncio.get_running_loop()
                self._deadline = loop.call_later(CLOSE_SECONDS, self.task.cancel)
