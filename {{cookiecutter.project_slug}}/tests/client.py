"""A WebSocket client that talks to the ASGI application without a server."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

# The communicator of channels.testing is made from this one, and would need Daphne installed.
from asgiref.testing import ApplicationCommunicator

from {{ cookiecutter.__package }}.asgi import application

# Longer than any answer takes, also on a busy machine: asgiref's own patience is one second.
SECONDS = 10


class Client(ApplicationCommunicator):
    """Connects on entering a `with` block and leaves at its end."""

    def __init__(
        self,
        path: str = "/ws/{{ cookiecutter.app }}/",
        *,
        origin: str | None = "http://localhost",
        scheme: str = "ws",
        headers: dict[str, str] | None = None,
        unread: int = 0,
    ) -> None:
        """Take what the handshake carries; an origin of None leaves that header out.

        The application can send no more while this many frames are `unread`; 0 stands for any.
        """
        fields = dict(headers or {})
        if origin is not None:
            fields["origin"] = origin
        scope = {
            "type": "websocket",
            "scheme": scheme,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        }
        super().__init__(application, scope)
        self._output_queue: asyncio.Queue[Any] = asyncio.Queue(unread)

    async def connect(self) -> bool:
        """Ask for a connection, and tell whether it was accepted."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(SECONDS)
        return bool(answer["type"] == "websocket.accept")

    async def __aenter__(self) -> Self:
        """Connect."""
        assert await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(SECONDS)

    async def send(self, *, text: str | None = None, data: bytes | None = None) -> None:
        """Send a text frame or a binary one."""
        await self.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def receive(self) -> Any:
        """Return the next frame, decoded."""
        output = await self.receive_output(SECONDS)
        assert output["type"] == "websocket.send"
        return json.loads(output["text"])

    async def receive_close(self) -> int:
        """Confirm that the server closes the connection, and return its code."""
        output = await self.receive_output(SECONDS)
        assert output["type"] == "websocket.close"
        await self.send_input({"type": "websocket.disconnect", "code": output["code"]})
        return int(output["code"])

    async def ask(self, text: str) -> Any:
        """Send a text frame and return the frame that answers it."""
        await self.send(text=text)
        return await self.receive()
