"""Throttling of logins and password resets.

Attempts are in the database, so all processes and hosts share the counts, and a restart loses
nothing. No package fits: django-axes supports Django up to 6.0, and the last release of
django-ratelimit is from 2023.
"""

from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from ops.networks import network_of

from .devices import device_of
from .models import LoginAttempt, User

WINDOW = timedelta(minutes=5)
# Failures within the window: from one network for one name, from one network, and for one name. The
# last limit is far higher, since it also locks out the owner of the name, except on known devices:
# each device counts as a network of its own, to which only the first limit applies.
LIMITS = {"both": 5, "network": 50, "name": 100}
DEVICE = "device "


def attempt(request: HttpRequest | None, name: str) -> LoginAttempt:
    """Return an attempt with a digest of the name, since users may type a password there."""
    digest = salted_hmac("login", name.casefold(), algorithm="sha256").hexdigest()
    if request is None:
        return LoginAttempt(name=digest, network="")
    if device := device_of(request, name):
        return LoginAttempt(name=digest, network=f"{DEVICE}{device}")
    peer = request.META.get("REMOTE_ADDR") or ""
    network = network_of(peer, request.headers.get("X-Forwarded-For"))
    return LoginAttempt(name=digest, network=network)


def is_throttled(made: LoginAttempt, others: QuerySet[LoginAttempt] | None = None) -> bool:
    """Return whether an attempt is refused for now."""
    if others is None:
        others = LoginAttempt.objects.all()
    name, network = Q(name=made.name), Q(network=made.network)
    counts = others.filter(at__gt=timezone.now() - WINDOW).aggregate(
        both=Count("pk", filter=name & network),
        network=Count("pk", filter=network),
        name=Count("pk", filter=name),
    )
    kinds = tuple(LIMITS)
    if made.network.startswith(DEVICE):
        kinds = ("both",)
    elif not made.network:
        # Clients without an address are not one network.
        kinds = ("name",)
    return any(counts[kind] >= LIMITS[kind] for kind in kinds)


def count(made: LoginAttempt) -> None:
    """Save an attempt.

    Raises:
        PermissionDenied: There were too many attempts.
    """
    LoginAttempt.objects.filter(at__lt=timezone.now() - WINDOW).delete()
    made.save()
    if is_throttled(made, LoginAttempt.objects.exclude(pk=made.pk)):
        made.delete()
        raise PermissionDenied


def too_many_attempts() -> ValidationError:
    """Return the error for forms."""
    return ValidationError(f"Too many attempts. Try again in {WINDOW.seconds // 60} minutes.")


class ThrottledBackend(ModelBackend):
    """Django's backend, but a login is refused after too many failures."""

    @sensitive_variables("username", "password", "name")
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user, or None.

        Raises:
            PermissionDenied: There were too many attempts. Django tries no other backend.
        """
        name = username or kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        made = attempt(request, name)
        # Counted before the password is checked, so that concurrent requests are throttled too.
        count(made)
        user = super().authenticate(request, username=name, password=password)
        if user is not None:
            LoginAttempt.objects.filter(name=made.name, network=made.network).delete()
        return user

    @sensitive_variables("username", "password")
    async def aauthenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user, or None, in async code."""
        return await sync_to_async(self.authenticate)(request, username, password, **kwargs)
