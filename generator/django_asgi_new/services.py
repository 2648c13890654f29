"""The project's Redis and PostgreSQL: their addresses, and whether they answer."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path

    Address = tuple[str, int] | str

_PORTS = {
    "redis": 6379,
    "rediss": 6379,
    "redis+sentinel": 26379,
    **dict.fromkeys(("postgres", "postgresql", "postgis", "pgsql", "psql"), 5432),
}
_HIGHEST_PORT = 65_535
_LOCAL = {"127.0.0.1", "localhost"}
# Not urllib's parser: it supports one host only, and refuses other URLs in each Python release.
# A second @ is refused, since a part of the password could be printed as the host.
_URL = re.compile(
    r"(?P<scheme>[a-z+]+)://(?:[^/?#]*@)?(?P<hosts>[^/?#@]*)(?P<path>/[^?#@]*)?(?:\?[^#@]*)?",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"(?:\[([0-9a-f]*:[0-9a-f:.]+)\]|([\w.%-]*))(?::([1-9][0-9]{0,4}))?", re.ASCII | re.IGNORECASE
)


def setting(project: Path, name: str) -> str:
    """Return a variable as the project reads it: from the environment, then from .env."""
    if name in os.environ:
        return os.environ[name]
    for line in (project / ".env").read_text(encoding="utf-8").splitlines():
        key, found, value = line.partition("=")
        if found and key.strip() == name:
            return value.strip().strip("'\"")
    return ""


def addresses(url: str) -> list[Address]:
    """Return the addresses of a service: hosts with ports, or paths of sockets.

    Args:
        url: Its URL.

    Raises:
        ValueError: The URL is malformed.
    """
    found = _URL.fullmatch(url.strip())
    scheme = found["scheme"].lower() if found else ""
    if found and scheme == "unix" and found["path"] and not found["hosts"]:
        return [unquote(found["path"])]
    if not found or scheme not in _PORTS:
        raise ValueError("no URL of a service")
    hosts = found["hosts"].split(",")
    return [_address(host, _PORTS[scheme], local=scheme.startswith("p")) for host in hosts]


def _address(text: str, default: int, *, local: bool) -> Address:
    """Return the address of a host; with `local`, no host or a folder means a socket."""
    found = _HOST.fullmatch(text)
    port = int(found[3] or default) if found else 0
    host = found[1] or unquote(found[2]) if found else ""
    if not found or port > _HIGHEST_PORT or not (host or local):
        raise ValueError("no host")
    if local and (not host or host.startswith("/")):
        return f"{host or '/var/run/postgresql'}/.s.PGSQL.{port}"
    return host, port


def shown(url: str) -> str:
    """Return the addresses of a service without users, passwords and options."""
    return ", ".join(
        where if isinstance(where, str) else f"{'[%s]' if ':' in where[0] else '%s'}:%d" % where
        for where in addresses(url)
    )


def answers(url: str) -> bool:
    """Check whether something listens at one of the addresses of a service."""
    return any(map(_answers, addresses(url)))


def _answers(address: Address) -> bool:
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, timeout=2).close()
            return True
        if not hasattr(socket, "AF_UNIX"):
            return False
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
    except (OSError, ValueError):
        # "a..b", for example, is a ValueError.
        return False
    return True


def embeddable(url: str) -> int | None:
    """Return the port for an embedded Valkey, or None if the URL names another Redis."""
    where, *others = addresses(url)
    # A user, a password or an option means another Redis.
    plain = re.fullmatch(r"redis://[^@?]*", url.strip(), re.IGNORECASE) and not others
    if plain and isinstance(where, tuple) and where[0].lower() in _LOCAL:
        return where[1]
    return None
