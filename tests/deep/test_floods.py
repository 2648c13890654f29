"""Clients that flood a server with frames that their consumer does not count."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.projects.clients import SECONDS, get, open_socket, wait_until
from tests.projects.servers import by_server, servers, serving
from tests.questions import Answers

HANDSHAKE = (
    "GET /ws/index/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
# Clients mask their frames, here with zeros. https://www.rfc-editor.org/rfc/rfc6455#section-5.2
MASK = bytes(4)
PING = b"\x89\xfd" + MASK + bytes(125)
PONG = b"\x8a\x80" + MASK
FIRST_FRAGMENT = b"\x01\x80" + MASK
FRAGMENT = b"\x00\x80" + MASK

MESSAGE = b"\x81\x80" + MASK

FLOODS = {
    "fragments": (FIRST_FRAGMENT, FRAGMENT),
    "pongs": (b"", PONG),
    # The first ones are too many, and the others come after the close.
    "messages": (MESSAGE * 300, MESSAGE),
}
FLOODERS = 10
FLOOD_SECONDS = 5
# Each sends half of what one may, and all of them twice what their network may.
MANY = 40
SHARE = 500
PINGS = 300_000_000 // len(PING)
# Granian has no hook for it: docs/production.md of a project says how to bound its memory.
UNBOUNDED = "granian"


def open_raw(port: int) -> socket.socket:
    """Open a WebSocket of which nothing is read but the handshake."""
    client = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    client.sendall(HANDSHAKE.format(port=port).encode())
    assert client.recv(1000).startswith(b"HTTP/1.1 101")
    return client


def flood(port: int, start: bytes, frame: bytes, until: float) -> int:
    """Send a frame over and over, also on new connections; return how many were opened."""
    opened = 0
    while time.monotonic() < until:
        opened += 1
        try:
            with open_raw(port) as client:
                client.settimeout(1)
                client.sendall(start)
                while time.monotonic() < until:
                    client.sendall(frame * 10_000)
        except OSError:
            continue
    return opened


def send_in_turn(clients: list[socket.socket], frame: bytes, until: float) -> None:
    """Send a frame from all of them, each as often as its share."""
    while time.monotonic() < until:
        for client in clients:
            client.sendall(frame * (SHARE // 10))
        time.sleep(0.1)


@pytest.mark.parametrize(
    "answers", [a for a in servers("memory") if a["server"] != UNBOUNDED], ids=by_server
)
def test_pings_of_a_client_that_does_not_read_take_no_memory(
    answers: Answers, make_project: Callable[[Answers], Path]
) -> None:
    with serving(make_project(answers)) as server, open_raw(server.port) as client:
        before = server.peak_megabytes()
        client.settimeout(2)
        try:
            for _ in range(PINGS // 1000):
                client.sendall(PING * 1000)
        except OSError:
            # The server has stopped reading, or cut the connection.
            pass
        assert server.peak_megabytes() - before < 60
        assert get(server.port, "/healthz")[0] == 200


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_floods_do_not_hold_up_others(
    answers: Answers, kind: str, make_project: Callable[[Answers], Path]
) -> None:
    with serving(make_project(answers)) as server, ThreadPoolExecutor(FLOODERS) as threads:
        until = time.monotonic() + FLOOD_SECONDS
        attack = FLOODS[kind]
        floods = [threads.submit(flood, server.port, *attack, until) for _ in range(FLOODERS)]
        waits = []
        while time.monotonic() < until:
            begin = time.monotonic()
            assert get(server.port, "/healthz")[0] == 200
            waits.append(time.monotonic() - begin)
        opened = sum(one.result() for one in floods)
        if answers["server"] != UNBOUNDED:
            # A connection that is not cut lasts until the end.
            assert opened > 3 * FLOODERS
        # On an idle machine it is less than one second, but the floods share its processors.
        assert max(waits) < 5


@pytest.mark.parametrize(
    "answers", [a for a in servers("memory") if a["server"] != UNBOUNDED], ids=by_server
)
def test_many_clients_of_a_network_do_not_flood_together(
    answers: Answers, make_project: Callable[[Answers], Path]
) -> None:
    with serving(make_project(answers)) as server, ExitStack() as stack:
        clients = [stack.enter_context(open_raw(server.port)) for _ in range(MANY)]
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            send_in_turn(clients, PONG, time.monotonic() + FLOOD_SECONDS)
        assert get(server.port, "/healthz")[0] == 200


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_frames_before_the_handshake_ends_leave_no_connection(
    answers: Answers, make_project: Callable[[Answers], Path]
) -> None:
    with serving(make_project(answers), WS_MAX_CONNECTIONS="2") as server:
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
                client.sendall(HANDSHAKE.format(port=server.port).encode() + FIRST_FRAGMENT)
                client.recv(1000)
        wait_until(lambda: is_served(server.port), "a WebSocket is served")


def is_served(port: int) -> bool:
    """Return whether a ping is answered, instead of a close."""
    with open_socket(port) as client, suppress(ConnectionClosed):
        client.send('{"type": "ping"}')
        return "pong" in str(client.recv(SECONDS))
    return False
