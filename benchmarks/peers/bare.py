"""The smallest ASGI application: the limit of the server that it runs on."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]

members: set[Send] = set()


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Send,
) -> None:
    """Answer pings, and send messages to every client."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    members.add(send)
    try:
        while (event := await receive())["type"] == "websocket.receive":
            frame = json.loads(event["text"])
            if frame.get("type") == "ping":
                pong = json.dumps({"type": "pong", "ref": frame["ref"]})
                await send({"type": "websocket.send", "text": pong})
                continue
            text = json.dumps(
                {"type": "message", "message": frame["message"], "sender": "a", "sent_at": "b"}
            )
            for member in tuple(members):
                await member({"type": "websocket.send", "text": text})
    finally:
        members.discard(send)
