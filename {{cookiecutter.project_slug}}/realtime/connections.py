"""The connections of this process: their number, and their shutdown.

Of the ASGI servers, only Uvicorn closes its WebSockets with a code when it is stopped. The project
therefore does so itself: it closes WebSockets, ends event streams and lets other requests finish.
Only then does it pass the signal on to the server.
"""

import asyncio
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

from ops.logs import identify
from ops.metrics import CONNECTIONS

from .groups import Group
from .networks import Network
from .prefix import apply_prefix
from .requests import Request
from .sockets import SOCKET, Socket
from .threads import use_thread_pool

if sys.platform != "win32":
    import resource

{% if cookiecutter.server == 'daphne' %}
# Instead of 1012 and 1013: Daphne's library refuses to send registered codes.
SERVICE_RESTART = 4012
TRY_AGAIN_LATER = 4013
{% else %}
# https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
{% endif %}

# Open files other than WebSockets, such as requests and databases.
OTHER_FILES = 1000
# Time for WebSockets and requests to end. Supervisors kill a process after 10 seconds or more.
GRACE_SECONDS = 8
# Time for a view to handle its cancellation.
CANCEL_SECONDS = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A parent process may repeat a signal that a terminal or systemd sends to all processes. After this
# time, the same signal stops the server at once.
REPEAT_SECONDS = 1


def allow_files(number: int) -> None:
    """Raise the limit on open files to `number`, or as far as the system allows.

    Each WebSocket is an open file. Containers and shells start with a limit of 1,024, which
    programs may raise.
    """
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < (granted := min(number, hard)):
        # A sandbox may forbid it.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))


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
            network = Network.of(scope)
            has_room = len(self._sockets) < settings.WS_MAX_CONNECTIONS
            if self._stopping or not has_room or not network.enter():
                await self._refuse(socket)
                return
            socket.network = network
            use_thread_pool()
            scope[SOCKET] = socket  # type: ignore[literal-required]
            self._sockets.add(socket)
            CONNECTIONS.inc()
            try:
                await self._serve(socket, scope)
            finally:
                socket.end()
                network.leave()
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
            # The consumer was busy for too long and has not closed the WebSocket.
            await socket.receive()

    async def _refuse(self, socket: Socket) -> None:
        await socket.receive()
        # Accepted first: a browser does not tell its page why a handshake was refused.
        await socket.send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        socket.disconnect(SERVICE_RESTART if self._stopping else TRY_AGAIN_LATER)
        await socket.receive()

    def _take_signals(self) -> None:
        """Handle SIGINT and SIGTERM before the server, which has set its handlers by now."""
        # Python allows this in the main thread only. Under runserver, the server runs in another.
        if self._has_signals or threading.current_thread() is not threading.main_thread():
            return
        self._has_signals = True
        loop = asyncio.get_running_loop()
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
{% if cookiecutter.server in ('granian', 'hypercorn') %}
        # Otherwise asyncio would read the signal from this file and call the server's handler.
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
            # Granian's main process may repeat the signal, which made a worker hang.
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
        """Close WebSockets, end event streams, and wait for other requests."""
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
        # Some servers cancel the remaining tasks, which the channel layer would log as errors.
        await Group.wait_closed()
