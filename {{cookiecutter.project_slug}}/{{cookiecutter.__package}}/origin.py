"""Lets in the WebSockets that a page of this site has opened, and refuses others."""

from typing import Any
from urllib.parse import urlsplit

from channels.security import websocket
from django.conf import settings


async def refuse(_scope: Any, receive: Any, send: Any) -> None:
    """Close before the handshake is done, which the client sees as status 403."""
    await receive()
    await send({"type": "websocket.close"})


def is_secure(scope: Any, headers: dict[bytes, bytes]) -> bool:
    """Tell whether the client speaks TLS, to the server or to its proxy."""
    protocol = scope.get("scheme", "ws")
    if settings.BEHIND_TLS_PROXY:
        # Most proxies name the one of the page here, and some that of the WebSocket.
        forwarded = headers.get(b"x-forwarded-proto", b"").decode("latin-1")
        protocol = forwarded.partition(",")[0].strip().lower() or protocol
    return protocol in {"https", "wss"}


class OriginValidator(websocket.OriginValidator):
    """Refuses at no cost; Channels would first get a channel for it, from Redis for example."""

    def __init__(self, application: Any) -> None:
        """Take the application to protect; its own pages come from the allowed hosts."""
        local = ["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else []
        super().__init__(application, settings.ALLOWED_HOSTS or local)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a WebSocket, or refuse it."""
        await (self.application if self.allows(scope) else refuse)(scope, receive, send)

    def allows(self, scope: Any) -> bool:
        """Tell whether the page is of this site; a browser always names it."""
        headers = dict(scope["headers"])
        # Whoever is between a visitor and the site could have put anything into a page by HTTP.
        schemes = {"https"} if is_secure(scope, headers) else {"http", "https"}
        try:
            origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
            return origin.scheme in schemes and bool(self.validate_origin(origin))
        except ValueError:
            return False
