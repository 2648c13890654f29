"""The connections of this process: how many there may be, and how they end.

Of the ASGI servers only Uvicorn tells its WebSockets at SIGTERM that it is about to stop. So the
project does it itself: it closes them, lets requests in flight finish, and only then lets the
server have the signal.
"""

import asyncio
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
{% if cookiecutter.server == 'daphne' %}
from functools import partial
{% endif %}
from types import FrameType
from typing import Any, cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

{% if cookiecutter.server == 'daphne' %}
from .daphne import Inlet, Outlet
{% endif %}
from .groups import Group
from .logs import identify
from .metrics import CLOSED, CONNECTIONS
from .threads import use_threads

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

# Open files of a process that are no WebSockets: requests, databases, code.
OTHER_FILES = 1000
# For a client to take note of its end.
CLOSE_SECONDS = 5
{% if cookiecutter.server == 'granian' %}
# For a client to stop sending, and how long a silence shows that it has.
DRAIN_SECONDS = 1
SILENCE_SECONDS = 0.1
{% endif %}
# For everything to end; supervisors kill after 10 seconds or more.
GRACE_SECONDS = 8


def allow_files(number: int) -> None:
    """Let the process have so many open files, or as many as the system grants.

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
    """A WebSocket that can be ended from outside the consumer that serves it."""

    def __init__(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Take what the server gave; the current task is the one that serves the WebSocket."""
        self.task = cast("asyncio.Task[None]", asyncio.current_task())
        # What remains to be called after the application, if the consumer wants it so.
        self.serve: Callable[[], Awaitable[None]] | None = None
        self.code: int | None = None
        # Straight to the server: the session middleware looks at everything that a consumer sends.
        self.send = send
        self._receive = receive
        self.closing: asyncio.Task[None] | None = None
        self._waiting = False
        self._deadline: asyncio.TimerHandle | None = None
{% if cookiecutter.server == 'daphne' %}
        if isinstance(send, partial):
            # Daphne's protocol object. By itself it hangs up within a second of a close, at times
            # before it has sent it. Its timer runs up to a second fast.
            protocol = send.args[0]
            protocol.closeHandshakeTimeout = CLOSE_SECONDS + 1
            self.send = Outlet(send, protocol).send
            self._receive = Inlet(protocol).get
{% endif %}

    async def receive(self) -> Any:
        """Return the next event; an end that was decided here is a disconnect like any other."""
        if self.code is None:
            self._waiting = True
            try:
                return await self._receive()
            except asyncio.CancelledError:
                if self.code is None:
                    raise
                self.task.uncancel()
            finally:
                self._waiting = False
        if self._deadline:
            self._deadline.cancel()
        # A client that does not read may yet do so later, and then gets its close code.
        self.closing = asyncio.create_task(self._close())
        await asyncio.wait([self.closing], timeout=CLOSE_SECONDS)
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
    def end(self, code: int) -> None:
        """Have the WebSocket closed, as soon as its consumer has dealt with the current frame."""
        if self.code is None:
            self.code = code
            CLOSED.labels(code).inc()
            if self._waiting:
                self.task.cancel()
            else:
                # Sending to a client that does not read, for example.
                loop = asyncio.get_running_loop()
                self._deadline = loop.call_later(CLOSE_SECONDS, self.task.cancel)


class Connections:
    """ASGI middleware around the whole project."""

    def __init__(self, application: ASGI3Application) -> None:
        """Take the application to serve."""
        allow_files(settings.WS_MAX_CONNECTIONS + OTHER_FILES)
        self._application = application
        self._sockets: set[Socket] = set()
        self._requests: set[asyncio.Task[Any]] = set()
        self._stopping: asyncio.Task[None] | None = None
        self._has_signal = False

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Serve a request or a WebSocket."""
        self._take_signal()
        identify(scope)
        if scope["type"] == "websocket":
            socket = Socket(receive, send)
            if self._stopping or len(self._sockets) >= settings.WS_MAX_CONNECTIONS:
                await self._refuse(socket)
                return
            use_threads()
            scope["socket"] = socket  # type: ignore[typeddict-unknown-key]
            self._sockets.add(socket)
            CONNECTIONS.inc()
            try:
                await self._application(scope, socket.receive, send)
                if socket.serve:
                    await socket.serve()
            except asyncio.CancelledError:
                if socket.code is None:
                    raise
                if socket.closing is None:
                    # Its consumer was in the midst of something, and did not get to it.
                    socket.task.uncancel()
                    await socket.receive()
            finally:
                self._sockets.discard(socket)
                CONNECTIONS.dec()
        elif scope["type"] == "http":
            task = cast("asyncio.Task[None]", asyncio.current_task())
            self._requests.add(task)
            try:
                await self._application(scope, receive, send)
            finally:
                self._requests.discard(task)
        else:
            await self._application(scope, receive, send)

    async def _refuse(self, socket: Socket) -> None:
        await socket.receive()
        # Accepted first: a browser does not tell its page why a handshake was refused.
        await socket.send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        socket.end(SERVICE_RESTART if self._stopping else TRY_AGAIN_LATER)
        await socket.receive()

    def _take_signal(self) -> None:
        """Take SIGTERM from the server, which has its handler in place by its first request."""
        # Python lets the main thread only. Under runserver, the server runs in another.
        if self._has_signal or threading.current_thread() is not threading.main_thread():
            return
        self._has_signal = True
        loop = asyncio.get_running_loop()
        handler_of_server = signal.getsignal(signal.SIGTERM)
{% if cookiecutter.server in ('granian', 'hypercorn') %}
        # Otherwise it would act at once. SIGINT, which is left to it, does the same.
        loop.remove_signal_handler(signal.SIGTERM)
{% endif %}

        def handle(number: int, _frame: FrameType | None) -> None:
            # A second signal then goes to the server at once.
            signal.signal(number, handler_of_server)
            if loop.is_running():
                loop.call_soon_threadsafe(self._stop)
            else:
                signal.raise_signal(number)

        signal.signal(signal.SIGTERM, handle)

    def _stop(self) -> None:
        self._stopping = asyncio.create_task(self._end_all())

    async def _end_all(self) -> None:
        """End what is going on now in good order, then let the server end."""
        running = [*self._requests, *(socket.task for socket in self._sockets)]
        for socket in self._sockets:
            socket.end(SERVICE_RESTART)
        if running:
            await asyncio.wait(running, timeout=GRACE_SECONDS)
        # Some servers cancel all that is left, and the channel layer logs that as an error.
        await Group.wait_closed()
{% if cookiecutter.server in ('granian', 'hypercorn') %}
        signal.raise_signal(signal.SIGINT)
{% else %}
        signal.raise_signal(signal.SIGTERM)
{% endif %}
