"""The user and the session of a WebSocket."""

from contextlib import nullcontext
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import parse_cookie

from .logins import Logins, user_of
from .sockets import SOCKET


class AuthMiddlewareStack:
    """Middleware that sets cookies, session and user, as Channels' function of this name does.

    Channels' middleware checks the session before each frame, which halves the rate of broadcasts.
    Over HTTP/2 it reads only one of the Cookie headers. It does not accept SECRET_KEY_FALLBACKS.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self._store = import_module(settings.SESSION_ENGINE).SessionStore
        self._logins = Logins()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Call the application with cookies, session and user in the scope."""
        headers = [value for name, value in scope["headers"] if name == b"cookie"]
        cookies = parse_cookie(b"; ".join(headers).decode("latin-1"))
        key = cookies.get(settings.SESSION_COOKIE_NAME)
        session = self._store(key)
        # Guests need no thread and no database.
        user = await database_sync_to_async(user_of)(session) if key else AnonymousUser()
        scope = {**scope, "cookies": cookies, "session": session, "user": user}
        # A test may call the middleware without the rest of the project.
        socket = scope.get(SOCKET)
        with self._logins.watch(socket, session, user) if socket else nullcontext():
            await self.application(scope, receive, send)
