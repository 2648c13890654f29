"""Throttling of logins and password resets.

The attempts are in the database, so all processes and hosts count together, and a restart loses
nothing. No package is used: django-axes supports Django up to 6.0, django-ratelimit ended in 2023.
"""

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from .devices import device_of
from .models import LoginAttempt, User

WINDOW = timedelta(minutes=5)
# Failures within the window: from one network for one name, from one network, and for one name. The
# last is far higher, since it locks out the owner of the name too, except on known devices: each of
# them counts as a network of its own, and has the first limit only.
LIMITS = {"both": 5, "network": 50, "name": 100}
DEVICE = "device "


def parse(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address, or None if it is none, as on a Unix socket."""
    # Some proxies append the client's port.
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    # A socket for both versions shows IPv4 clients as ::ffff:192.0.2.1.
    return getattr(parsed, "ipv4_mapped", None) or parsed


def network_of(request: HttpRequest | None) -> str:
    """Return the network of a client: an IPv4 address, or the /64 of an IPv6 address."""
    if request is None:
        return ""
    address = parse(request.META.get("REMOTE_ADDR") or "")
    forwarded = request.headers.get("X-Forwarded-For")
    if settings.BEHIND_TLS_PROXY and forwarded is not None and is_proxy(address):
        # The proxy has added the last one; a client may have invented the others.
        address = parse(forwarded.rpartition(",")[2].strip())
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address or "")


def is_proxy(address: IPv4Address | IPv6Address | None) -> bool:
    """Return whether a request comes from a proxy, rather than past it."""
    return address is None or any(address in network for network in settings.PROXY_NETWORKS)


def attempt(request: HttpRequest | None, name: str) -> LoginAttempt:
    """Return an attempt without the name itself, since users may type a password there."""
    digest = salted_hmac("login", name.casefold(), algorithm="sha256").hexdigest()
    device = request and device_of(request, name)
    return LoginAttempt(name=digest, network=f"{DEVICE}{device}" if device else network_of(request))


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
        # Clients without an address share no network.
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
            PermissionDenied: There were too many attempts. Django asks no other backend.
        """
        name = username or kwargs.get(User.USERNAME_FIELD)
        if name is None or password is None:
            return None
        made = attempt(request, name)
        # Before the password is checked, so that few of many concurrent requests get that far.
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
