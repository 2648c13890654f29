"""Devices on which a user has logged in before, which guesses from elsewhere do not lock out.

https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import async_only_middleware

from .models import User

COOKIE = "device"
# Browsers keep a cookie for 400 days at most.
MAX_AGE = 400 * 24 * 3600


def salt(user: User) -> str:
    """Return the salt that binds a cookie to a user and the current password."""
    return f"{user.pk}:{user.get_session_auth_hash()}"


def device_of(request: HttpRequest, name: str) -> str | None:
    """Return the device that sent a request if the named user has logged in on it before."""
    if COOKIE not in request.COOKIES:
        return None
    try:
        user = User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return None
    device = request.get_signed_cookie(COOKIE, None, salt=salt(user), max_age=MAX_AGE)
    return device or None


@receiver(user_logged_in)
def note_login(request: Any, user: User, **_: Any) -> None:
    """Record the user for the middleware below. A login in a consumer has no request."""
    if request is not None:
        request.logged_in_user = user


@async_only_middleware
def device_middleware(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Set the cookie after a login on any page."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        if user := getattr(request, "logged_in_user", None):
            response.set_signed_cookie(
                COOKIE,
                secrets.token_urlsafe(16),
                salt=salt(user),
                max_age=MAX_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware
