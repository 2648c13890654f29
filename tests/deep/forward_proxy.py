"""A forward proxy as companies have them: it leads outside, and to nothing on this machine."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from tests.projects.clients import SECONDS

NAMES = ("http_proxy", "https_proxy", "all_proxy")
REQUEST = re.compile(rb"(\S+) (\S+) HTTP/1\.[01]\r\n")


def is_local(host: str) -> bool:
    """Return whether a name or an address is one of this machine."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _relay(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@dataclass
class ForwardProxy:
    """A running forward proxy.

    Attributes:
        variables: The environment in which programs use it.
        refused: The requests for this machine.
        served: The requests that it has passed on.
    """

    variables: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)


def _target(method: bytes, url: bytes) -> tuple[str, int]:
    if method == b"CONNECT":
        host, _, port = url.decode().rpartition(":")
        return host.strip("[]"), int(port)
    parts = urlsplit(url.decode())
    return parts.hostname or "localhost", parts.port or 80


@contextmanager
def forward_proxy() -> Iterator[ForwardProxy]:
    """Run a forward proxy, which uses the machine's own one when there is one."""
    made = ForwardProxy()
    own = urlsplit(next(filter(None, (os.environ.get(name) for name in reversed(NAMES))), ""))

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline(65_536)
                if not line:
                    return
                head += line
            request = REQUEST.match(head)
            assert request
            method, url = request.groups()
            host, port = _target(method, url)
            if is_local(host):
                made.refused.append(request[0].decode())
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            made.served.append(host)
            address = (own.hostname, own.port or 80) if own.hostname else (host, port)
            try:
                server = socket.create_connection(address, timeout=SECONDS)
            except OSError:
                self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with server:
                server.settimeout(None)
                if own.hostname:
                    server.sendall(head)
                elif method == b"CONNECT":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    path = url.decode().split("/", 3)[3:] or [""]
                    first = f"{method.decode()} /{path[0]} HTTP/1.1\r\nConnection: close\r\n"
                    rest = re.sub(rb"(?im)^(proxy-)?connection:.*\r\n", b"", head[request.end() :])
                    server.sendall(first.encode() + rest)
                up = threading.Thread(target=_relay, args=(self.connection, server), daemon=True)
                up.start()
                _relay(server, self.connection)

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        made.variables = {f(name): url for name in NAMES for f in (str.lower, str.upper)}
        threading.Thread(target=server.serve_forever).start()
        try:
            yield made
        finally:
            server.shutdown()
