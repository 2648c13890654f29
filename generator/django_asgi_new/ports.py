"""Ports that a server can listen on."""

from __future__ import annotations

import errno
import socket
import sys

from django_asgi_new.errors import MachineError

HOST = "127.0.0.1"
FIRST = 8000
HIGHEST = 65_535


def check(port: int) -> None:
    """Check that a server can listen on a port.

    Raises:
        MachineError: The port is taken, or not allowed for this user.
    """
    if reason := trouble(port):
        raise MachineError(
            f"Port {port} {reason}. Choose another --port, such as {first_free()}, or leave it out."
        )


def first_free() -> int:
    """Return the first port from 8000 that a server can use."""
    return next(port for port in range(FIRST, HIGHEST + 1) if not trouble(port))


def trouble(port: int) -> str:
    """Return why a port can't be used, as part of a sentence; empty for a free port."""
    with socket.socket() as server:
        if sys.platform != "win32":
            # A port in TIME_WAIT is free; on Windows the option would allow a taken one.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is taken"
            return f"can't be used ({error.strerror})"
    return ""
