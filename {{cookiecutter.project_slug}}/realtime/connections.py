"""The connections of this process: their number, and how they end.

Of the ASGI servers, only Uvicorn closes its WebSockets with a code when it is stopped. So the
project does it itself: it closes them and ends event streams, lets requests in flight finish, and
only then passes the signal on to the server.
"""

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
{% if cookiecutter.server == 'daphne' %}
from functools import partial
{% endif %}
from types import FrameType
from typing import Any, cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

from ops.logs import identify
from ops.metrics import CLOSED, CONNECTIONS

{% if cookiecutter.server == 'daphne' %}
from .daphne import Inlet, Outlet
{% endif %}
from .groups import Group
from .prefix import apply_prefix
from .requests import Request
from .threads import use_thread_pool

if sys.platform != "win32":
    import resource

{% if cookiecutter.server == 'daphne' %}
# Daphne sends no registered codes: of 1012 and 1013, the last two digits are left.
SERVICE_RESTART = 4012
TRY_AGAIN_LATER = 4013
{% else %}
# https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
{% endif %}

# Where a scope holds its Socket.
SOCKET = "realtime.socket"

# Open files other than WebSockets: requests, databases, code.
OTHER_FILES = 1000
# Time for a client to confirm the close.
CLOSE_SECONDS = 5
{% if cookiecutter.server == 'granian' %}
# Time for a client to stop sending, and the silence that shows that it has.
DRAIN_SECONDS = 1
SILENCE_SECONDS = 0.1
{% endif %}
# Time for everything to end. Supervisors kill a process after 10 seconds or more.
GRACE_SECONDS = 8
# Time for a view to notice that its request was ended.
CANCEL_SECONDS = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A parent repeats the signal that a terminal or systemd sends to all processes. After this time,
# the same signal stops the server at once.
REPEAT_SECONDS = 1


def allow_files(number: int) -> None:
    """Raise the limit on open files to `number`, or as far as the system allows.

    A WebSocket is one. Containers and shells start with 1,024 and leave it to a program to ask.
    """
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < (granted := min(number, hard)):
        # A sandbox may forbid to ask.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))


class Socket:
    """A WebSocket that can be closed from outside the consumer that serves it."""

    def __init__(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Wrap the server's callables; the current task is the one that serves the WebSocket."""
        self.task = cast("asyncio.Task[None]", asyncio.current_task())
        self.code: int | None = None
        # Waits, for a while, until the consumer has finished what it does.
        self.rest: Callable[[], Awaitable[None]] | None = None
        self._send = send
        self._receive = receive
        self._is_closed = False
        self.closing: asyncio.Task[None] | None = None
        # The task that waits for the client. Channels' own consumers have one for that.
        self._waiting: asyncio.Task[Any] | None = None
        self._deadline: asyncio.TimerHandle | None = None
{% if cookiecutter.server == 'daphne' %}
        if isinstance(send, partial):
            # Daphne's protocol object. By itself it hangs up within a second of a close, at times
            # before it has sent it. Its timer runs up to a second fast.
            protocol = send.args[0]
            protocol.closeHandshakeTimeout = CLOSE_SECONDS + 1
            self._send = Outlet(send, protocol).send
            self._receive = Inlet(protocol).get
{% endif %}

    async def send(self, event: Any) -> None:
        """Send an event."""
        if event["type"] == "websocket.close":
            if self._is_closed:
                return
            self._is_closed = True
        await self._send(event)

    async def receive(self) -> Any:
        """Return the next event. A close from outside appears as a disconnect like any other.

        Frames that a client sends after the close are dropped, as the consumer may have refused it.
        """
        while True:
            event = await self._receive_any()
            if not self._is_closed or event["type"] != "websocket.receive":
                return event

    async def _receive_any(self) -> Any:
        if self.code is None:
            self._waiting = waiting = asyncio.current_task()
            try:
                return await self._receive()
            except asyncio.CancelledError:
                if self.code is None or waiting is None:
                    raise
                waiting.uncancel()
            finally:
                self._waiting = None
        if self.rest:
            await self.rest()
        if self._deadline:
            self._deadline.cancel()
        # A client that does not read may yet do so later, and then gets its close code.
        self.closing = asyncio.create_task(self._close())
        await asyncio.wait([self.closing], timeout=CLOSE_SECONDS)
        if asyncio.current_task() is not self.task:
            # Channels' dispatch may still be busy with another event.
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(CLOSE_SECONDS, self.task.cancel)
        return {"type": "websocket.disconnect", "code": self.code}

    async def _close(self) -> None:
        """Close the WebSocket and wait until the client has confirmed it."""
        # Each server has its own way to say that the client is gone.
        with suppress(Exception):
{% if cookiecutter.server == 'granian' %}
            await self._drain()
{% endif %}
            await self.send({"type": "websocket.close", "code": self.code})
            while (await self._receive())["type"] != "websocket.disconnect":
                pass

{% if cookiecutter.server == 'granian' %}
    async def _drain(self) -> None:
        """Take what the client has sent already.

        Granian hangs up right after its close frame. If anything is unread by then, the system
        tells the client of a reset connection, and the close code is lost.
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


class Connections:
    """ASGI middleware around the whole project."""

    def __init__(self, application: ASGI3Application) -> None:
        """Wrap the application."""
        allow_files(settings.WS_MAX_CONNECTIONS + OTHER_FILES)
        self._application = application
        self._sockets: set[Socket] = set()
        self._requests: set[Request] = set()
        self._stopping: asyncio.Task[None] | None = None
        self._has_signals = False

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Serve a request or a WebSocket."""
        self._take_signals()
        identify(scope)
        apply_prefix(scope)
        if scope["type"] == "websocket":
            socket = Socket(receive, send)
            if self._stopping or len(self._sockets) >= settings.WS_MAX_CONNECTIONS:
                await self._refuse(socket)
                return
            use_thread_pool()
            scope[SOCKET] = socket  # type: ignore[literal-required]
            self._sockets.add(socket)
            CONNECTIONS.inc()
            try:
                await self._serve(socket, scope)
            finally:
                socket.end()
                self._sockets.discard(socket)
                CONNECTIONS.dec()
        elif scope["type"] == "http":
            request = Request(receive, send)
            if self._stopping:
                request.end_stream()
            self._requests.add(request)
            try:
                await self._application(scope, request.receive, request.send)
                await request.complete()
            finally:
                self._requests.discard(request)
        else:
            await self._application(scope, receive, send)

    async def _serve(self, socket: Socket, scope: Scope) -> None:
        try:
            await self._application(scope, socket.receive, socket.send)
        except asyncio.CancelledError:
            if socket.code is None:
                raise
            socket.task.uncancel()
        if socket.code is not None and socket.closing is None:
            # Its consumer was busy for too long and has not closed it.
            await socket.receive()

    async def _refuse(self, socket: Socket) -> None:
        await socket.receive()
        # Accepted first: a browser does not tell its page why a handshake was refused.
        await socket.send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        socket.disconnect(SERVICE_RESTART if self._stopping else TRY_AGAIN_LATER)
        await socket.receive()

    def _take_signals(self) -> None:
        """Take SIGINT and SIGTERM from the server, which has its handlers by its first request."""
        # Python allows this in the main thread only. Under runserver, the server runs in another.
        if self._has_signals or threading.current_thread() is not threading.main_thread():
            return
        self._has_signals = True
        loop = asyncio.get_running_loop()
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
{% if cookiecutter.server in ('granian', 'hypercorn') %}
        # Through this file, asyncio would learn of a signal and call the server's handler at once.
        wakeup = -1 if sys.platform == "win32" else signal.set_wakeup_fd(-1)
{% endif %}
        taken: dict[int, float] = {}

        def pass_on(number: int) -> None:
{% if cookiecutter.server in ('granian', 'hypercorn') %}
            if wakeup != -1:
                signal.set_wakeup_fd(wakeup)
{% endif %}
            for name, handler in handlers.items():
                signal.signal(name, handler)
            signal.raise_signal(number)
{% if cookiecutter.server == 'granian' %}
            # Its main process may repeat the signal, and a worker hung on the second one.
            signal.set_wakeup_fd(-1)
{% endif %}

        def stop(number: int) -> None:
            if self._stopping is None:
                self._stopping = asyncio.create_task(self._end_all())
                self._stopping.add_done_callback(lambda _: pass_on(number))

        def handle(number: int, _frame: FrameType | None) -> None:
            now = time.monotonic()
            if loop.is_running() and now - taken.setdefault(number, now) < REPEAT_SECONDS:
                loop.call_soon_threadsafe(stop, number)
            else:
                pass_on(number)

        for number in SIGNALS:
            signal.signal(number, handle)

    async def _end_all(self) -> None:
        """End what is going on now in good order."""
        requests = [*self._requests]
        running = {request.task for request in requests}
        running |= {socket.task for socket in self._sockets}
        for socket in self._sockets:
            socket.disconnect(SERVICE_RESTART)
        for request in requests:
            request.end_stream()
        if running:
            _, running = await asyncio.wait(running, timeout=GRACE_SECONDS)
        if running:
            for request in requests:
                request.end()
            await asyncio.wait(running, timeout=CANCEL_SECONDS)
        # Some servers cancel all that is left, and the channel layer logs that as an error.
        await Group.wait_closed()
