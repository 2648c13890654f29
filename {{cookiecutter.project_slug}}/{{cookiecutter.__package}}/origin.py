"""Lets in the WebSockets that a page of this site has opened, and refuses others."""

from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


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


class OriginValidator:
    """ASGI middleware that checks the Origin header as Django checks the Host header.

    It refuses without a channel; the one of Channels would first get one, from Redis for example.
    """

    def __init__(self, application: Any) -> None:
        """Set the application to protect."""
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Call the application, or refuse the WebSocket."""
        await (self.application if self.allows(scope) else refuse)(scope, receive, send)

    def allows(self, scope: Any) -> bool:
        """Return whether the Origin header, which browsers always send, belongs to this site."""
        headers = dict(scope["headers"])
        # Whoever is between a visitor and the site could have put anything into a page by HTTP.
        schemes = {"https"} if is_secure(scope, headers) else {"http", "https"}
        scheme, _, host = headers.get(b"origin", b"").decode("latin-1").partition("://")
        domain, _ = split_domain_port(host)
        hosts = settings.ALLOWED_HOSTS or (LOCAL_HOSTS if settings.DEBUG else [])
        return scheme in schemes and bool(domain) and validate_host(domain, hosts)
