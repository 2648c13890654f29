"""Clients that send nothing: which of them stay connected, on every server and behind proxies."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from tests.deep.proxies import PROXIES, Site, site
from tests.deep.proxy import proxy
from tests.projects.clients import (
    close_code,
    hang_up,
    hear_async,
    open_async,
    open_stalled,
    say_async,
)
from tests.projects.servers import copy, servers, serving
from tests.questions import Answers

# A tenth of the project's own intervals and of the default of nginx's proxy_read_timeout.
SHORT = {"HEARTBEAT_SECONDS = 25": "2.5", "SILENCE_SECONDS = 60": "6"}
SHORT_PROXY_SECONDS = 6
SHORT_IDLE_SECONDS = 13
# Silence is noticed at a heartbeat, so a little later than it is due.
SHORT_CLOSE_SECONDS = (6, 12)

# With all defaults. This is longer than nginx waits for a server to send something, and than the
# servers and the client for Redis wait for an answer.
IDLE_SECONDS = 65
# Daphne pings every 20 seconds and waits 30 seconds for an answer.
CUT_SECONDS = 70


async def hear_until(client: ClientConnection, key: str, value: object) -> None:
    while (await hear_async(client)).get(key) != value:
        pass


async def silent_client_is_kept(server: int, relay: int, seconds: float) -> None:
    silent = await open_async(relay)
    heard = asyncio.create_task(hear_until(silent, "message", "still there?"))
    await asyncio.sleep(seconds)
    sender = await open_async(server)
    await say_async(sender, "still there?")
    await heard
    await hang_up(silent, sender)


async def client_that_pinged_once_is_closed(server: int) -> None:
    client = await open_async(server)
    start = time.monotonic()
    await client.send(json.dumps({"type": "ping"}))
    earliest, latest = SHORT_CLOSE_SECONDS
    assert await close_code(client, latest) == 4008
    assert time.monotonic() - start > earliest


def test_silence(make_project: Callable[[Answers], Path], tmp_path: Path) -> None:
    async def check_all(ports: list[tuple[int, int]]) -> None:
        checks = [silent_client_is_kept(*pair, SHORT_IDLE_SECONDS) for pair in ports]
        checks += [client_that_pinged_once_is_closed(server) for server, _ in ports]
        await asyncio.gather(*checks)

    ports: list[tuple[int, int]] = []
    with ExitStack() as stack:
        for answers in servers("memory"):
            folder = tmp_path / str(answers["server"])
            project = copy(make_project(answers), folder, constants=SHORT)
            server = stack.enter_context(serving(project))
            relay = stack.enter_context(proxy(server.port, read_timeout=SHORT_PROXY_SECONDS))
            ports.append((server.port, relay))
        asyncio.run(check_all(ports))


async def silence_behind_proxies_is_survived(sites: list[Site]) -> None:
    """Also on a server that sends no pings of its own."""
    clients = [await made.open_socket() for made in sites]
    await asyncio.sleep(IDLE_SECONDS)
    for client in clients:
        await say_async(client, "still here")
    for client in clients:
        kinds = [(await hear_async(client))["type"] for _ in range(2 + len(clients))]
        assert kinds == ["heartbeat"] * 2 + ["message"] * len(clients)
    await hang_up(*clients)


async def client_that_does_not_read_is_cut(server: int) -> None:
    """Daphne's sends never wait, so it is the missing answer to a ping that gives it away."""
    stalled, other = await open_stalled(server), await open_async(server)
    await other.send(json.dumps({"type": "presence"}))
    await hear_until(other, "online", 2)
    # More than it reads ahead, so that it reads no ping either.
    for number in range(20):
        await say_async(other, str(number))
    async with asyncio.timeout(CUT_SECONDS):
        await hear_until(other, "online", 1)
    assert await close_code(stalled) == 1006
    await hang_up(other)


@pytest.mark.long
def test_silence_with_all_defaults(
    make_project: Callable[[Answers], Path],
    make_migrated: Callable[[Answers], Path],
    tmp_path: Path,
) -> None:
    """What the project, its server, the client for Redis and the proxies do on their own."""

    async def check_all() -> None:
        checks = [silent_client_is_kept(port, port, IDLE_SECONDS) for port in ports]
        checks += [client_that_does_not_read_is_cut(port) for port in daphne]
        await asyncio.gather(*checks, silence_behind_proxies_is_survived(sites))

    ports: list[int] = []
    daphne: list[int] = []
    with ExitStack() as stack:
        for answers in servers("memory"):
            project = copy(make_project(answers), tmp_path / str(answers["server"]))
            ports.append(stack.enter_context(serving(project)).port)
            if answers["server"] == "daphne":
                # A process of its own, where nobody else is present.
                daphne.append(stack.enter_context(serving(project)).port)
        (silent,) = [answers for answers in servers("redis") if answers["server"] == "granian"]
        behind = copy(make_migrated(silent), tmp_path)
        sites = stack.enter_context(site(behind, tmp_path, *PROXIES))
        asyncio.run(check_all())
