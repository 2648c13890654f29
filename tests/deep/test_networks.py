"""One client with many WebSockets: what all of them together may use."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from tests.deep.proxies import require_addresses
from tests.projects.clients import SECONDS, close_code, hang_up, open_crowd, say_async
from tests.projects.servers import by_server, servers, serving
from tests.questions import Answers

# The defaults.
CONNECTIONS = 2000
MESSAGES_PER_SECOND = 128
BURST_SECONDS = 20

ATTACKERS = 20
# What one WebSocket may send.
ATTACKER_RATE = 50
# Daphne can't send registered codes.
FULL = {"daphne": 4013}


async def open_elsewhere(port: int) -> ClientConnection:
    """Open a WebSocket from another address."""
    return await connect(
        f"ws://127.0.0.1:{port}/ws/index/",
        origin=Origin(f"http://127.0.0.1:{port}"),
        proxy=None,
        ping_interval=None,
        local_addr=("127.0.0.2", 0),
    )


async def is_served(client: ClientConnection) -> bool:
    try:
        await client.send(json.dumps({"type": "ping"}))
        async with asyncio.timeout(SECONDS):
            return bool(json.loads(await client.recv())["type"] == "pong")
    except ConnectionClosed:
        return False


async def others_are_served(port: int, limit: int, full: int) -> None:
    crowd = await open_crowd(port, limit)
    assert all(await asyncio.gather(*map(is_served, crowd)))
    refused = await open_crowd(port, 5)
    assert {await close_code(client) for client in refused} == {full}
    other = await open_elsewhere(port)
    assert await is_served(other)
    await crowd.pop().close()
    (late,) = await open_crowd(port, 1)
    assert await is_served(late)
    await hang_up(*crowd, other, late)


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_one_network_does_not_shut_out_others(
    answers: Answers, make_project: Callable[[Answers], Path]
) -> None:
    require_addresses()
    server = str(answers["server"])
    # The default where many connections cost the least.
    limits = {} if server == "uvicorn" else {"WS_MAX_CONNECTIONS_PER_NETWORK": "20"}
    limit = 20 if limits else CONNECTIONS
    with serving(make_project(answers), **limits) as running:
        asyncio.run(others_are_served(running.port, limit, FULL.get(server, 1013)))
        assert "has WS_MAX_CONNECTIONS_PER_NETWORK" in running.said()


async def send_steadily(client: ClientConnection) -> None:
    """Send what one WebSocket may send, until it is closed."""
    with suppress(ConnectionClosed):
        while True:
            await say_async(client, "x")
            await asyncio.sleep(1 / ATTACKER_RATE)


async def count(client: ClientConnection) -> int:
    """Return how many messages arrive until there is silence."""
    messages = 0
    while True:
        try:
            async with asyncio.timeout(2):
                messages += "message" in json.loads(await client.recv())
        except TimeoutError:
            return messages


async def many_senders_are_cut(port: int) -> None:
    reader = await open_elsewhere(port)
    counting = asyncio.create_task(count(reader))
    crowd = await open_crowd(port, ATTACKERS)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    sending = asyncio.gather(*map(send_steadily, crowd))
    assert {*await asyncio.gather(*map(close_code, crowd))} == {4029}
    await sending
    allowed = MESSAGES_PER_SECOND * (BURST_SECONDS + loop.time() - begin)
    delivered = await counting
    assert MESSAGES_PER_SECOND * BURST_SECONDS <= delivered <= allowed
    # The other network is not affected.
    await say_async(reader, "still here")
    async with asyncio.timeout(SECONDS):
        assert json.loads(await reader.recv())["message"] == "still here"
    await hang_up(reader)


@pytest.mark.parametrize("answers", servers("memory")[:1], ids=by_server)
def test_many_websockets_send_no_more_than_a_network_may(
    answers: Answers, make_project: Callable[[Answers], Path]
) -> None:
    require_addresses()
    with serving(make_project(answers)) as running:
        asyncio.run(many_senders_are_cut(running.port))
        assert "Traceback" not in running.said()
