"""Tells WebSocket consumers who their client is."""

from typing import Any

from channels.auth import AuthMiddleware
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.conf import settings
from django.contrib.auth.models import AnonymousUser


class SessionUserMiddleware(AuthMiddleware):
    """Sets `scope["user"]` from the session, and asks the database only if there is one."""

    async def resolve_scope(self, scope: dict[str, Any]) -> None:
        """Find out who the user is."""
        if settings.SESSION_COOKIE_NAME in scope["cookies"]:
            await super().resolve_scope(scope)
        else:
            # The look-up would end here too, by way of another thread.
            scope["user"]._wrapped = AnonymousUser()  # noqa: SLF001, as Channels does it


def authenticated(application: Any) -> Any:
    """Return an ASGI application whose scope has cookies, session and user."""
    return CookieMiddleware(SessionMiddleware(SessionUserMiddleware(application)))
