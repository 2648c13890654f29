"""ASGI lifespan: without it, servers log that the application does not support the protocol.

Daphne never calls it, so nothing that the project needs may depend on it.
"""

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope


async def lifespan(_scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Acknowledge the start and the end of the server."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
