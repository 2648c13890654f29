"""Whether the project's Redis and PostgreSQL answer, at the addresses that the project reads."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

_PORTS = {"redis": 6379, "rediss": 6379, "postgres": 5432, "postgresql": 5432}
_LOCAL = {"127.0.0.1", "localhost"}


def setting(project: Path, name: str) -> str:
    """Read a variable as the project does: the environment first, then the file .env."""
    if name in os.environ:
        return os.environ[name]
    for line in (project / ".env").read_text(encoding="utf-8").splitlines():
        key, found, value = line.partition("=")
        if found and key.strip() == name:
            return value.strip().strip("'\"")
    return ""


def without_password(url: str) -> str:
    """Write an address so that it can be shown."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url


def address(url: str) -> tuple[str, int] | str:
    """Find where a service listens.

    Args:
        url: Its address.

    Returns:
        A host and a port, or the path of a socket.
    """
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    if parts.scheme == "unix":
        return parts.path
    # PostgreSQL's host may be the folder of its socket, percent-encoded.
    host = unquote(parts.hostname or "")
    if parts.scheme.startswith("postgres") and (not host or host.startswith("/")):
        return f"{host or '/var/run/postgresql'}/.s.PGSQL.{port}"
    return host or "127.0.0.1", port


def answers(url: str) -> bool:
    """Tell whether something listens at an address."""
    where = address(url)
    try:
        if isinstance(where, tuple):
            socket.create_connection(where, timeout=2).close()
            return True
        if not hasattr(socket, "AF_UNIX"):
            return False
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(where)
    except OSError:
        return False
    return True


def embeddable(url: str) -> int | None:
    """Find the port at which a Redis of our own can stand in, if it can."""
    parts = urlsplit(url)
    where = address(url)
    plain = parts.scheme == "redis" and not parts.password
    if plain and isinstance(where, tuple) and where[0] in _LOCAL:
        return where[1]
    return None
