"""A WebSocket consumer that speaks JSON and outlives whatever a client sends."""

import json
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

Frame = dict[str, Any]


class FrameError(Exception):
    """A frame that can't be served. The client is told and stays connected."""

    def __init__(self, code: str, detail: str) -> None:
        """Take a code for programs and a sentence for people."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def parse(text: str | None) -> Frame:
    """Return the JSON object in a frame; `text` is None for a binary frame.

    Raises:
        FrameError: It is binary, too large, or not a JSON object.
    """
    if text is None:
        raise FrameError("binary", "Send text frames, not binary ones.")
    limit = settings.WS_MAX_MESSAGE_BYTES
    # A character takes one byte at least: a huge text is refused without being encoded.
    if len(text) > limit or len(text.encode()) > limit:
        raise FrameError("too_large", f"A message may have at most {limit} bytes.")
    try:
        frame = json.loads(text)
        # Half of a surrogate pair is legal in JSON, but no WebSocket or Redis can carry it.
        json.dumps(frame, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise FrameError("bad_json", "Send a JSON object.") from None
    if not isinstance(frame, dict):
        raise FrameError("bad_json", "Send a JSON object.")
    return frame


class JsonConsumer(AsyncWebsocketConsumer):
    """Calls `on_<type>` for each frame `{"type": "<type>", ...}`.

    A frame without a type is a message. An error goes to the client that erred and to nobody else.
    """

    async def __call__(
        self,
        scope: Scope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
    ) -> None:
        """Serve one connection from handshake to close."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Channels skips disconnect() when a handler raises, and would leave a dead member.
            for group in self.groups:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(
        self,
        text_data: str | None = None,
        bytes_data: bytes | None = None,
    ) -> None:
        """Pass a frame to its handler, or answer with what is wrong with it."""
        ref = None
        try:
            frame = parse(text_data)
            ref = frame.get("ref")
            await self.handle(frame)
        except FrameError as error:
            await self.send_json(
                {"type": "error", "code": error.code, "detail": error.detail, "ref": ref},
            )

    async def handle(self, frame: Frame) -> None:
        """Call the handler of a frame's type.

        Raises:
            FrameError: No handler has this name.
        """
        kind = frame.get("type", "message")
        handler = getattr(self, f"on_{kind}", None) if isinstance(kind, str) else None
        if handler is None:
            raise FrameError("unknown_type", "This type of message is not known here.")
        await handler(frame)

    async def on_ping(self, frame: Frame) -> None:
        """Answer at once, so that the client can tell a live connection from a dead one."""
        await self.send_json({"type": "pong", "ref": frame.get("ref")})

    async def send_json(self, frame: Frame) -> None:
        """Send one frame to this client."""
        await self.send(text_data=json.dumps(frame, ensure_ascii=False))
