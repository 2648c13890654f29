"""WebSocket clients that count frames, in C as far as possible."""

import asyncio
import json
import socket
import time
from typing import TYPE_CHECKING

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

if TYPE_CHECKING:
    from collections.abc import Callable

# Handshakes at once, below the backlog of any server.
AT_ONCE = 32
PATH = "/ws/index/"
# How long a message may take to reach all receivers.
DELIVERY_SECONDS = 60


class DeliveryError(Exception):
    """A frame, or the answer to a handshake, was not received."""


class Listener(WSListener):
    """A client that calls a function for each text frame."""

    def __init__(self) -> None:
        self.on_frame: Callable[[WSTransport], None] | None = None
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Store the connection."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass a text frame on."""
        if frame.msg_type == WSMsgType.TEXT and self.on_frame:
            self.on_frame(transport)

    def send(self, text: bytes) -> None:
        """Send a text frame."""
        assert self.transport  # noqa: S101, it is set before the handshake is done
        self.transport.send(WSMsgType.TEXT, text)


async def connect(port: int, path: str = PATH, session: str = "") -> Listener:
    """Open one connection, with the Origin that a browser would send.

    Args:
        port: The server's port.
        path: The consumer's path.
        session: The session key of a user; empty for a guest.
    """
    headers = {"Origin": f"http://127.0.0.1:{port}"}
    if session:
        headers["Cookie"] = f"sessionid={session}"
    _, listener = await ws_connect(
        Listener,
        f"ws://127.0.0.1:{port}{path}",
        extra_headers=headers,
        websocket_handshake_timeout=60,
    )
    assert isinstance(listener, Listener)  # noqa: S101, as its factory made it
    return listener


async def connect_many(
    ports: list[int], number: int, path: str = PATH, sessions: tuple[str, ...] = ("",)
) -> list[Listener]:
    """Open connections, spread evenly over servers and sessions."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> Listener:
        async with gate:
            session = sessions[index % len(sessions)]
            return await connect(ports[index % len(ports)], path, session)

    return await asyncio.gather(*(one(index) for index in range(number)))


async def leave(listeners: list[Listener]) -> None:
    """Close connections and wait until they have ended."""
    transports = [listener.transport for listener in listeners if listener.transport]
    for transport in transports:
        transport.disconnect()
    for transport in transports:
        await transport.wait_disconnected()


async def echo(port: int, seconds: float, connections: int = 100, in_flight: int = 8) -> float:
    """Return the round trips per second of ping and pong."""
    listeners = await connect_many([port], connections)
    ping = b'{"type": "ping", "ref": "0123456789"}'
    count = 0

    def answered(transport: WSTransport) -> None:
        nonlocal count
        count += 1
        transport.send(WSMsgType.TEXT, ping)

    for listener in listeners:
        listener.on_frame = answered
        for _ in range(in_flight):
            listener.send(ping)
    await asyncio.sleep(seconds / 4)
    start, count = time.perf_counter(), 0
    await asyncio.sleep(seconds)
    rate = count / (time.perf_counter() - start)
    await leave(listeners)
    if rate == 0:
        raise DeliveryError(f"no pong from port {port}")
    return rate


async def broadcast(
    listeners: list[Listener], seconds: float, frames: list[bytes]
) -> tuple[float, list[float]]:
    """Send frames, and again as soon as each client has received one message.

    Args:
        listeners: The clients; each of the first ones sends a frame.
        seconds: How long.
        frames: What they send.

    Returns:
        Deliveries per second, and the seconds until each client had its message, turn by turn.

    Raises:
        DeliveryError: A message did not reach its receivers in time.
    """
    missing = 0
    complete = asyncio.Event()

    def received(_: WSTransport) -> None:
        nonlocal missing
        missing -= 1
        if missing == 0:
            complete.set()

    for listener in listeners:
        listener.on_frame = received
    took: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        missing = len(listeners)
        complete.clear()
        sent = time.perf_counter()
        for listener, frame in zip(listeners, frames, strict=False):
            listener.send(frame)
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await complete.wait()
        except TimeoutError:
            raise DeliveryError(f"{missing} of {len(listeners)} deliveries are missing") from None
        took.append(time.perf_counter() - sent)
    return len(took) * len(listeners) / (time.perf_counter() - start), took


def message(text: str = "x" * 20, **more: str) -> bytes:
    """Return a frame with a message."""
    return json.dumps({"message": text, **more}).encode()


async def fan_out(ports: list[int], receivers: int, seconds: float, path: str = PATH) -> float:
    """Return the deliveries per second to one group."""
    listeners = await connect_many(ports, receivers, path)
    await broadcast(listeners, seconds / 4, [message()])
    rate, _ = await broadcast(listeners, seconds, [message()])
    await leave(listeners)
    return rate


async def users(port: int, connections: int, sessions: dict[str, str], seconds: float) -> float:
    """Return the deliveries per second to users.

    Args:
        port: The server's port.
        connections: The number of connections, a multiple of the number of users.
        sessions: The session key of each user, by primary key.
        seconds: How long.
    """
    listeners = await connect_many([port], connections, "/ws/users/", tuple(sessions.values()))
    frames = [message(user=key) for key in sessions]
    await broadcast(listeners, seconds / 4, frames)
    rate, _ = await broadcast(listeners, seconds, frames)
    await leave(listeners)
    return rate


async def handshakes(port: int, seconds: float, at_once: int = 16) -> float:
    """Return how many connections per second can be opened and closed."""
    count = 0
    start = time.perf_counter()

    async def again() -> None:
        nonlocal count
        while time.perf_counter() - start < seconds:
            await leave([await connect(port)])
            count += 1

    await asyncio.gather(*(again() for _ in range(at_once)))
    return count / (time.perf_counter() - start)


async def stalled(port: int, seconds: float) -> tuple[float, float, float, float]:
    """Return rate and 99th percentile for 49 clients, without and with one that stalls."""
    frames = [message("x" * 4096)]
    listeners = await connect_many([port], 49)
    figures: list[float] = []
    sleeper: socket.socket | None = None
    for _ in range(2):
        await broadcast(listeners, seconds / 4, frames)
        rate, took = await broadcast(listeners, seconds, frames)
        took.sort()
        figures += [rate, took[len(took) * 99 // 100]]
        if sleeper is None:
            sleeper = await asyncio.to_thread(connect_sleeper, port)
    await leave(listeners)
    if sleeper:
        sleeper.close()
    return figures[0], figures[1], figures[2], figures[3]


def connect_sleeper(port: int) -> socket.socket:
    """Open a connection that reads nothing after the handshake."""
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.settimeout(30)
    sleeper.connect(("127.0.0.1", port))
    sleeper.sendall(
        f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    if b"101" not in sleeper.recv(15):
        raise DeliveryError("the client that stalls was not accepted")
    return sleeper
