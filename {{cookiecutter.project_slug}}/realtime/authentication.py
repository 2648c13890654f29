"""The user and the session of a WebSocket."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import parse_cookie


class AuthMiddlewareStack:
    """Sets cookies, session and user, as the function of this name in Channels does.

    That function examines the session before each frame, which halves the rate of broadcasts. Over
    HTTP/2 it reads only one of the Cookie headers, and it does not accept SECRET_KEY_FALLBACKS.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self._store = import_module(settings.SESSION_ENGINE).SessionStore

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Call the application with a scope that has them."""
        headers = [value for name, value in scope["headers"] if name == b"cookie"]
        cookies = parse_cookie(b"; ".join(headers).decode("latin-1"))
        key = cookies.get(settings.SESSION_COOKIE_NAME)
        session = self._store(key)
        # Guests need no thread and no database.
        user = await database_sync_to_async(user_of)(session) if key else AnonymousUser()
        scope = {**scope, "cookies": cookies, "session": session, "user": user}
        await self.application(scope, receive, send)


class Snapshot(dict[str, Any]):
    """The content of a session, for code that would also change the session.

    Django gives a session a new key when it was signed with one of SECRET_KEY_FALLBACKS. Over a
    WebSocket the browser would never learn that key, and its user would be logged out.
    """

    def cycle_key(self) -> None:
        """Do nothing: the session keeps its key."""

    def flush(self) -> None:
        """Do nothing: the session keeps its content."""


def user_of(session: Any) -> Any:
    """Return the user of a session, or an AnonymousUser."""
    return get_user(SimpleNamespace(session=Snapshot(session.items())))  # type: ignore[arg-type]
