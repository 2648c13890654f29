"""Reads environment variables for the settings, and says in a sentence what is wrong with one.

An empty variable counts as one that is not set: `NAME=$OTHER` makes one where OTHER is missing.
"""

import logging
import os
import re
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote

from django.core.exceptions import ImproperlyConfigured
from environ import Env

SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}

# Scheme, credentials, host, path and query. Only the IPv6 address of a single host may have
# brackets: Python releases differ in where else they accept them.
DATABASE = re.compile(
    r"([a-z0-9+.-]+)://([^/?]*@)?([^\s/?#@\[\]]*|\[[0-9a-f]*:[0-9a-f:.]+\](?::[0-9]+)?)(/.*)?",
    re.IGNORECASE,
)
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\*\.)?([a-z0-9.-]+|\[[0-9a-f]*:[0-9a-f:.]+\])(:[0-9]+)?")


def text(name: str, default: str = "") -> str:
    """Return a variable as it is; without a default it is needed."""
    if value := os.environ.get(name) or default:
        return value
    raise ImproperlyConfigured(
        f"Set the {name} environment variable. In development, copy .env.example to .env"
    )


def number(name: str, default: int) -> int:
    """Return a whole number."""
    value = text(name, str(default)).strip()
    # int() also accepts signs, underscores and the digits of other scripts.
    if re.fullmatch("[0-9]{1,18}", value):
        return int(value)
    raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}")


def switch(name: str, *, default: bool) -> bool:
    """Return whether something is on."""
    value = text(name, str(default))
    try:
        return SWITCHES[value.strip().lower()]
    except KeyError:
        raise ImproperlyConfigured(f"{name} must be True or False, not {value!r}") from None


def level(name: str, default: str) -> str:
    """Return a level of logging."""
    value = text(name, default)
    if value.upper() not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(f"{name} must be DEBUG, INFO, WARNING or ERROR, not {value!r}")
    return value.upper()


def database(name: str) -> dict[str, Any]:
    """Return the database that a URL names."""
    found = DATABASE.fullmatch(text(name).strip())
    with suppress(ValueError):
        # One with dots is a backend's own module.
        if found and (found[1].lower() in Env.DB_SCHEMES or "." in found[1]):
            scheme, user, host, rest = found.groups("")
            # Otherwise django-environ encodes some passwords that are encoded already.
            url = f"{scheme}://{quote(user, safe='%:@')}{host}{rest}"
            config: dict[str, Any] = Env.db_url_config(url)
            # The folder of PostgreSQL's socket is percent-encoded.
            config["HOST"] = unquote(config.get("HOST", ""))
            if config["NAME"] or "service" in config.get("OPTIONS", {}):
                return config
    # Without the value, which may hold a password.
    raise ImproperlyConfigured(
        f"{name} must be like postgres://user:password@host:5432/name or sqlite:////path/to/file"
    )


def names(name: str) -> list[str]:
    """Return what stands between commas."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def origins(name: str) -> list[str]:
    """Return comma-separated origins, written as browsers send them."""
    found = names(name)
    for origin in found:
        if not ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(f"{name} must be like https://example.com, not {origin!r}")
    return found
