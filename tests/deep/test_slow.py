"""What others notice of a client that does not read, and of handlers that block or crash."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.projects.clients import (
    close_code,
    hang_up,
    hear,
    hear_async,
    open_async,
    open_crowd,
    open_socket,
    open_stalled,
    say,
    say_async,
    wait_until,
)
from tests.projects.servers import FAST, Server, by_server, copy, servers, serving
from tests.questions import Answers

CLIENTS = 50
MOST_MESSAGES = 5_000
# A fifth of the project's own intervals.
SHORT = {"STALL_SECONDS = 10": "2", "CLOSE_SECONDS = 5": "1"}
SHORT_OF_HYPERCORN = {**SHORT, "READ_SECONDS = 30": "3"}
# Granian has no hook for it.
UNBOUNDED = "granian"
LATE_SECONDS = 2
FLOOD_SECONDS = 3
# The default of WS_MESSAGES_PER_SECOND.
MOST_AT_ONCE = 60
# No compression makes them smaller.
TEXT = secrets.token_urlsafe(12_000)

CONSUMER = """
import time

from asgiref.sync import sync_to_async
from accounts.models import User


def query():
    time.sleep(0.5)
    return User.objects.count()


async def on_sleep(self, frame):
    await sync_to_async(time.sleep)(0.5)
    await self.send_json({"type": "done"})


async def on_query(self, frame):
    await sync_to_async(query)()
    await self.send_json({"type": "done"})


async def on_crash(self, frame):
    raise ZeroDivisionError


IndexConsumer.on_sleep = on_sleep
IndexConsumer.on_query = on_query
IndexConsumer.on_crash = on_crash
"""


async def numbers(client: ClientConnection, count: int) -> list[int]:
    """Return the numbers of the messages that a client hears."""
    heard: list[int] = []
    while len(heard) < count:
        frame = await hear_async(client)
        if frame["type"] == "message":
            heard.append(int(frame["message"].split()[0]))
    return heard


async def flood(sender: ClientConnection, others: list[ClientConnection], most: int) -> int:
    """Send numbered messages until one client has gone; return how many."""
    await sender.send(json.dumps({"type": "presence"}))
    while (await hear_async(sender)).get("online") != CLIENTS:
        pass
    sent = 0
    gone = False
    while sent < most and not gone:
        await sender.send(json.dumps({"message": f"{sent} {TEXT}"}))
        while (frame := await hear_async(sender))["type"] != "message":
            gone = gone or frame.get("online") == CLIENTS - 1
        assert await asyncio.gather(*(numbers(other, 1) for other in others)) == [[sent]] * len(
            others
        )
        sent += 1
    return sent


async def talk(client: ClientConnection, seconds: float) -> None:
    """Send now and then: to some servers a client then is alive, though it reads nothing."""
    with suppress(ConnectionClosed):
        while True:
            await client.send(json.dumps({"type": "ping"}))
            await asyncio.sleep(seconds)


def open_connections(server: Server) -> int:
    """Return how many connections, and other sockets, a server has."""
    return sum(name.startswith("socket:") for name in server.open_files())


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_client_that_does_not_read_holds_up_nobody_else(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    async def check(server: Server) -> None:
        stalled = await open_stalled(server.port)
        sender, *others = await open_crowd(server.port, CLIENTS - 1)
        before = server.peak_megabytes()
        connections = open_connections(server)
        talking = asyncio.create_task(talk(stalled, 0.5))
        assert await flood(sender, others, MOST_MESSAGES) < MOST_MESSAGES
        # Longer than the server waits for room to send the close code.
        await asyncio.sleep(LATE_SECONDS)
        if answers["server"] != UNBOUNDED:
            fewer = lambda: open_connections(server) < connections  # noqa: E731
            await asyncio.to_thread(wait_until, fewer, "the connection is cut")
        # Or cut, if its server gave up telling it.
        assert await close_code(stalled) in {4008, 1006}
        talking.cancel()
        assert server.peak_megabytes() < before + 100
        await hang_up(stalled, sender, *others)

    short = SHORT_OF_HYPERCORN if answers["server"] == "hypercorn" else SHORT
    project = copy(make_project(answers), tmp_path, constants=short)
    with serving(project, **FAST) as server:
        asyncio.run(check(server))
        server.process.terminate()
        server.process.wait(30)
        # As asyncio has it of a task that nobody ended, one that sends for example.
        assert "Task was destroyed" not in server.said()


async def read_slowly(client: ClientConnection, count: int) -> None:
    """Read numbered messages at two megabytes per second, and ping once a second."""
    talking = asyncio.create_task(talk(client, 1))
    for number in range(count):
        assert await numbers(client, 1) == [number]
        await asyncio.sleep(len(TEXT) / 2_000_000)
    talking.cancel()


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_client_that_reads_slowly_gets_all(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    async def check(server: Server) -> None:
        slow, sender = await open_stalled(server.port), await open_async(server.port)
        reading = asyncio.create_task(read_slowly(slow, 1_000))
        for number in range(1_000):
            await sender.send(json.dumps({"message": f"{number} {TEXT}"}))
            assert await numbers(sender, 1) == [number]
        await reading
        await hang_up(slow, sender)

    # Daphne cuts who has shown no life for so long; by default that takes most of a minute.
    options = ["--ping-interval=1", "--ping-timeout=5"] if answers["server"] == "daphne" else []
    project = copy(make_project(answers), tmp_path)
    with serving(project, *options, **FAST) as server:
        asyncio.run(check(server))


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_much_at_once_closes_nobody_who_reads(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    async def say_much(client: ClientConnection, number: int) -> None:
        for count in range(MOST_AT_ONCE):
            await say_async(client, f"{count} of {number}")

    async def check(server: Server) -> None:
        crowd = await open_crowd(server.port, CLIENTS)
        speakers = crowd[:20]
        heard, _ = await asyncio.gather(
            asyncio.gather(*(numbers(client, 20 * MOST_AT_ONCE) for client in crowd)),
            asyncio.gather(*(say_much(client, index) for index, client in enumerate(speakers))),
        )
        assert {tuple(sorted(messages)) for messages in heard} == {
            tuple(sorted([*range(MOST_AT_ONCE)] * 20))
        }
        await hang_up(*crowd)

    project = copy(make_project(answers), tmp_path)
    with serving(project) as server:
        asyncio.run(check(server))


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_client_that_sends_more_than_is_served_waits(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    async def check(server: Server) -> None:
        client = await open_async(server.port)
        before = server.peak_megabytes()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLOOD_SECONDS):
                while True:
                    await client.send(json.dumps({"type": "sleep", "text": TEXT}))
        assert server.peak_megabytes() < before + 50
        # It is served for all that.
        assert await hear_async(client) == {"type": "done"}
        await hang_up(client)

    project = copy(make_project(answers), tmp_path, consumer=CONSUMER)
    with serving(project) as server:
        asyncio.run(check(server))


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_handlers_that_block_or_crash_hold_up_nobody_else(
    answers: Answers, make_migrated: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_migrated(answers), tmp_path, consumer=CONSUMER)
    with serving(project) as server:
        for kind in ("sleep", "query"):
            # One after the other would take 20 s.
            assert asyncio.run(ask_at_once(server.port, 40, kind)) < 5
        wait_until(
            lambda: not any("db.sqlite3" in name for name in server.open_files()),
            "no database connection is left open",
        )
        survive_crash(server.port)


async def ask_at_once(port: int, number: int, kind: str) -> float:
    """Return after how many seconds all clients had their answer."""
    clients = await open_crowd(port, number)
    start = time.monotonic()
    for client in clients:
        await client.send(json.dumps({"type": kind}))
    answers = await asyncio.gather(*(hear_async(client) for client in clients))
    seconds = time.monotonic() - start
    assert answers == [{"type": "done"}] * number
    await hang_up(*clients)
    return seconds


def survive_crash(port: int) -> None:
    with open_socket(port) as alice, open_socket(port) as bob, open_socket(port) as eve:
        alice.send(json.dumps({"type": "presence"}))
        while hear(alice)["online"] != 3:
            pass
        eve.send(json.dumps({"type": "crash"}))
        with pytest.raises(ConnectionClosed):
            eve.recv(timeout=30)
        assert hear(alice) == {"type": "presence", "online": 2}
        say(alice, "still here")
        assert hear(bob)["message"] == "still here"
        assert hear(alice)["message"] == "still here"
