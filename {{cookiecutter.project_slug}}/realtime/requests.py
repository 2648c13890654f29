"""HTTP requests that can be ended when the process stops."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast


class Request:
    """A request that can be ended from outside the view that serves it.

    Event streams never end by themselves, and their clients reconnect, so they are ended first.
    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Wrap the server's callables; the current task is the one that serves the request."""
        self.task = cast("asyncio.Task[None]", asyncio.current_task())
        self._receive = receive
        self._send = send
        self._is_stream = False
        self._ends_stream = False
        self._is_ended = False
        # The task that waits for the client to disconnect.
        self._waiting: asyncio.Task[Any] | None = None

    async def receive(self) -> Any:
        """Return the next event. After `end`, it is a disconnect of the client."""
        if not self._is_ended:
            self._waiting = waiting = asyncio.current_task()
            try:
                return await self._receive()
            except asyncio.CancelledError:
                if not self._is_ended or waiting is None:
                    raise
                waiting.uncancel()
            finally:
                self._waiting = None
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        """Send an event."""
        await self._send(event)
        if event["type"] == "http.response.start":
            self._is_stream = any(
                name.lower() == b"content-type" and value.startswith(b"text/event-stream")
                for name, value in event.get("headers", ())
            )
            if self._ends_stream:
                self.end_stream()
        elif not event.get("more_body"):
            self._is_stream = False

    def end(self) -> None:
        """End the request: the view is cancelled, as if the client had disconnected."""
        self._is_ended = True
        if self._waiting:
            self._waiting.cancel()

    def end_stream(self) -> None:
        """End the request if it is an event stream, or as soon as it becomes one."""
        self._ends_stream = True
        if self._is_stream:
            self.end()

    async def complete(self) -> None:
        """Send the end of an event stream whose view was cancelled."""
        if self._is_ended and self._is_stream:
            await self._send({"type": "http.response.body", "body": b""})
