"""Lets in the WebSockets that a page of this site has opened, and refuses others."""

from typing import Any
from urllib.parse import urlsplit

from channels.security import websocket
from django.conf import settings


async def refuse(_scope: Any, receive: Any, send: Any) -> None:
    """Close before the handshake is done, which the client sees as status 403."""
    await receive()
    await send({"type": "websocket.close"})


class OriginValidator(websocket.OriginValidator):
    """Refuses at no cost; Channels would first get a channel for it, from Redis for example."""

    def __init__(self, application: Any) -> None:
        """Take the application to protect; its own pages come from the allowed hosts."""
        local = ["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else []
        super().__init__(application, settings.ALLOWED_HOSTS or local)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a WebSocket, or refuse it."""
        origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
        # A browser always sends it; without it, nothing is known of the page.
        allowed = origin and self.validate_origin(urlsplit(origin))
        await (self.application if allowed else refuse)(scope, receive, send)
