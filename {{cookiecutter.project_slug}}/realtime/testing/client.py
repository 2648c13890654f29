"""A WebSocket client that requires no server."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

# channels.testing has a communicator too, but imports Daphne.
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import get_default_application
from django.conf import settings
from django.test import Client as Browser

# Longer than any answer takes, even on a busy machine: asgiref's default is one second.
SECONDS = 10
IN_TRANSACTION = (
    "The test is in a transaction, which consumers do not see: use "
    "`@pytest.mark.django_db(transaction=True)`."
)


class Client(ApplicationCommunicator):
    """A WebSocket client of an ASGI application, without a server.

    It connects on entering an `async with` block and disconnects on leaving it.
    """

    # Set for each test in fixtures.py: async code does not see the transaction of a test.
    in_transaction = False

    def __init__(
        self,
        path: str = "/",
        *,
        application: Any = None,
        origin: str | None = "http://localhost",
        scheme: str = "ws",
        headers: dict[str, str] | None = None,
        user: Any = None,
        unread: int = 0,
    ) -> None:
        """Prepare the handshake.

        Args:
            path: The path of the WebSocket, such as "/ws/chat/".
            application: The ASGI application; by default the whole project.
            origin: The Origin header; None omits it.
            scheme: "ws" or "wss".
            headers: Other headers.
            user: The user who is logged in.
            unread: How many unread frames the client accepts before the sender has to wait; 0 means
                any number.
        """
        fields = {"host": "localhost", **(headers or {})}
        if origin is not None:
            fields["origin"] = origin
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "scheme": scheme,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "server": ("localhost", 80),
            "subprotocols": [],
        }
        super().__init__(application or get_default_application(), scope)
        self._output_queue: asyncio.Queue[Any] = asyncio.Queue(unread)
        self._user = user

    async def connect(self) -> bool:
        """Request a connection, and return whether it was accepted."""
        if self._user is not None:
            assert not self.in_transaction, IN_TRANSACTION
            cookie = await database_sync_to_async(session_cookie)(self._user)
            self.scope["headers"].append((b"cookie", cookie.encode()))
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(SECONDS, "`connect` neither accepted nor refused")
        assert answer["type"] != "websocket.send", "The consumer sends before it accepts"
        return bool(answer["type"] == "websocket.accept")

    async def disconnect(self) -> None:
        """Close the connection and wait for the application to end."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(SECONDS)

    async def __aenter__(self) -> Self:
        """Connect."""
        path = self.scope["path"]
        assert await self.connect(), self._explain(f"The WebSocket {path} was refused")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        if error is not None and self.future.done():
            # Raised again, the application's own error would lose its traceback.
            return
        try:
            await self.disconnect()
        except Exception:
            # It must not hide the test's own error.
            if error is None:
                raise

    async def send(self, *, text: str | None = None, data: bytes | None = None) -> None:
        """Send a text frame or a binary one."""
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def send_json(self, frame: Any) -> None:
        """Send a frame as JSON."""
        await self.send(text=json.dumps(frame))

    async def receive_output(
        self,
        timeout: float = SECONDS,  # noqa: ASYNC109, as asgiref
        problem: str = "The consumer sent nothing",
    ) -> Any:
        """Return the next ASGI event of the application.

        Args:
            timeout: How many seconds to wait.
            problem: The message of the error if none arrives.

        Raises:
            AssertionError: None arrived in time.
            Exception: The application has failed.
        """
        waiting = asyncio.ensure_future(self.output_queue.get())
        await asyncio.wait(
            [waiting, self.future], timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        if self.future.done():
            self.future.result()
        raise AssertionError(self._explain(problem))

    async def receive_json(self) -> Any:
        """Return the next frame, decoded."""
        output = await self.receive_output()
        assert output["type"] == "websocket.send", self._explain(f"The consumer sent {output}")
        return json.loads(output["text"])

    async def receive_close(self) -> int:
        """Wait for the server to close the connection, confirm it, and return its code."""
        output = await self.receive_output()
        assert output["type"] == "websocket.close", self._explain(f"The consumer sent {output}")
        code = int(output.get("code", 1000))
        await self.send_input({"type": "websocket.disconnect", "code": code})
        return code

    async def ask(self, frame: Any) -> Any:
        """Send a frame, as JSON unless it is text, and return the next frame."""
        await self.send(text=frame if isinstance(frame, str) else json.dumps(frame))
        return await self.receive_json()

    def _explain(self, problem: str) -> str:
        """Return a problem, with advice if a transaction of the test may be the cause."""
        return f"{problem}. {IN_TRANSACTION}" if self.in_transaction else problem


def session_cookie(user: Any) -> str:
    """Log a user in; return the Cookie header."""
    browser = Browser()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
