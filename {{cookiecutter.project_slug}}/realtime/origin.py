"""ASGI middleware that accepts WebSockets from the site's own pages only."""

import logging
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import re_path

from ops.handler import UNREADABLE

logger = logging.getLogger(__name__)

PROXY = "If a proxy terminates TLS, set BEHIND_TLS_PROXY, and make it send X-Forwarded-Proto."


async def refuse(_scope: Any, receive: Any, send: Any) -> None:
    """Close a WebSocket before its handshake, which the client sees as status 403.

    Channels' own WebsocketDenier would first create a channel, in Redis for example.
    """
    await receive()
    await send({"type": "websocket.close"})


async def refuse_path(scope: Any, receive: Any, send: Any) -> None:
    """Refuse a WebSocket whose path is unknown."""
    logger.warning("WebSocket refused: routing.py does not have the path %r", scope["path"])
    await refuse(scope, receive, send)


# Matches every path. Channels accepts any ASGI application where Django's types expect a view.
not_found = re_path("", refuse_path)  # type: ignore[arg-type]


class OriginValidator:
    """Middleware that accepts WebSockets from pages whose forms Django would accept.

    A browser sends the site's cookies with a WebSocket from any page, so the Origin header decides.
    Django's own middleware checks it, and the host. Unlike a form, a WebSocket without the header
    is refused.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Call the application, or refuse the WebSocket."""
        await (self.application if is_accepted(scope) else refuse)(scope, receive, send)


def is_accepted(scope: Any) -> bool:
    """Return whether a WebSocket comes from a page of this site, and log why not."""
    try:
        reason = refusal(form_request(scope))
    except (DisallowedHost, PermissionDenied) as error:
        reason = str(error)
    except UNREADABLE as error:
        # Without the value, which may be a query string.
        reason = f"Django raises {type(error).__name__}"
    if reason:
        logger.warning("WebSocket refused: %s", reason)
    return not reason


def form_request(scope: Any) -> ASGIRequest:
    """Return the request that a form on the same page would send."""
    form = {
        **scope,
        "method": "POST",
        # Otherwise APPEND_SLASH could redirect it.
        "path": scope["path"].rstrip("/") + "/",
        "scheme": "https" if scope.get("scheme") == "wss" else "http",
    }
    request = ASGIRequest(form, BytesIO())
    header, secure = settings.SECURE_PROXY_SSL_HEADER or ("", "")
    if header in request.META:
        # Some proxies name the scheme of the WebSocket, others that of the page.
        request.META[header] = request.META[header].replace("wss", secure)
    return request


def refusal(request: ASGIRequest) -> str:
    """Return why Django would refuse a form, whatever its token, or an empty string."""
    if SecurityMiddleware(respond).process_request(request):
        return f"SECURE_SSL_REDIRECT requires HTTPS. {PROXY}"
    if CommonMiddleware(respond).process_request(request):
        return "PREPEND_WWW redirects pages of this host."
    origin = request.META.get("HTTP_ORIGIN", "")
    own = f"{request.scheme}://{request.get_host()}"
    if "://" not in origin:
        return f"its Origin is {origin!r}. A page of this site sends {own!r}."
    csrf = CsrfViewMiddleware(respond)
    # Private, since the public methods check the form's token as well.
    if csrf._origin_verified(request):  # type: ignore[attr-defined]  # noqa: SLF001
        return ""
    advice = "Add the Origin to CSRF_TRUSTED_ORIGINS if its pages may connect."
    if origin == own.replace("http:", "https:", 1):
        advice = PROXY
    return f"its Origin is {origin!r}, but this site is {own!r}. {advice}"


def respond(_request: HttpRequest) -> HttpResponse:
    """Return a response, which middleware requires."""
    return HttpResponse()
