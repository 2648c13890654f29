"""Slows down those who guess passwords.

In the database, so that all processes and hosts count together and a restart forgets nothing.
"""

from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from .models import LoginAttempt, User

WINDOW = timedelta(minutes=5)
# Failures within the window. From one network for one name: whoever guesses. From one network, and
# for one name: guessing spread over many names or networks. Far apart, since the limit of a name
# keeps out its owner too.
LIMITS = {"both": 5, "network": 50, "name": 100}


def network_of(request: HttpRequest | None) -> str:
    """Return where a request comes from: an IPv4 address, or the /64 that an IPv6 client owns."""
    if request is None:
        return ""
    address = request.META.get("REMOTE_ADDR") or ""
    if settings.BEHIND_TLS_PROXY:
        # The last one is the proxy's own word; what comes before it, a client may have made up.
        address = request.headers.get("X-Forwarded-For", address).rpartition(",")[2].strip()
    # Some proxies append the client's port.
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        # A server on a Unix socket knows no address.
        return ""
    if isinstance(parsed, IPv6Address):
        # As ::ffff:192.0.2.1, a socket for both kinds shows a client that has IPv4.
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)


def attempt(request: HttpRequest | None, name: str) -> LoginAttempt:
    """Describe an attempt, without its name: people type passwords there."""
    digest = salted_hmac("login", name.casefold(), algorithm="sha256").hexdigest()
    return LoginAttempt(name=digest, network=network_of(request))


def too_many(made: LoginAttempt, others: QuerySet[LoginAttempt] | None = None) -> bool:
    """Tell whether an attempt like this one would have to wait."""
    if others is None:
        others = LoginAttempt.objects.all()
    name, network = Q(name=made.name), Q(network=made.network)
    counts = others.filter(at__gt=timezone.now() - WINDOW).aggregate(
        both=Count("pk", filter=name & network),
        network=Count("pk", filter=network),
        name=Count("pk", filter=name),
    )
    # Clients without an address have nothing in common.
    kinds = LIMITS if made.network else ("name",)
    return any(counts[kind] >= LIMITS[kind] for kind in kinds)


class ThrottledBackend(ModelBackend):
    """Django's own look at name and password, unless there were too many wrong ones."""

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
            PermissionDenied: There were too many attempts; no other backend is asked.
        """
        name = username or kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        LoginAttempt.objects.filter(at__lt=timezone.now() - WINDOW).delete()
        # Before the password is looked at: of many requests at once, few get that far.
        made = attempt(request, name)
        made.save()
        if too_many(made, LoginAttempt.objects.exclude(pk=made.pk)):
            made.delete()
            raise PermissionDenied
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
        """Do the same for async code."""
        return await sync_to_async(self.authenticate)(request, username, password, **kwargs)
