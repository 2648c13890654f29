"""Which silent clients keep their connection, for how long, on every server."""

import asyncio
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection

from tests.deep.proxy import proxy
from tests.projects.clients import close_code, hang_up, hear_async, open_async, open_stalled
from tests.projects.servers import copy, servers, serving
from tests.questions import Answers

# nginx's proxy_read_timeout.
PROXY_SECONDS = 60
IDLE_SECONDS = 130
CLOSE_SECONDS = 90
CUT_SECONDS = 70


async def hear_until(client: ClientConnection, text: str) -> None:
    while (await hear_async(client)).get("message") != text:
        pass


async def silent_client_is_kept(server: int, relay: int) -> None:
    silent = await open_async(relay)
    heard = asyncio.create_task(hear_until(silent, "still there?"))
    await asyncio.sleep(IDLE_SECONDS)
    sender = await open_async(server)
    await sender.send(json.dumps({"message": "still there?"}))
    await heard
    await hang_up(silent, sender)


async def client_that_pinged_once_is_closed(server: int) -> None:
    client = await open_async(server)
    await client.send(json.dumps({"type": "ping"}))
    assert await close_code(client, CLOSE_SECONDS) == 4008


async def client_that_does_not_read_is_cut(server: int) -> None:
    """Daphne's sends never wait, so it is the missing answer to a ping that gives it away."""
    stalled, other = await open_stalled(server), await open_async(server)
    # More than it reads ahead, so that it reads no ping either.
    for number in range(20):
        await other.send(json.dumps({"message": str(number)}))
    await asyncio.sleep(CUT_SECONDS)
    assert await close_code(stalled) == 1006
    await hang_up(other)


def test_silence(make_project: Callable[[Answers], Path], tmp_path: Path) -> None:
    async def check_all(ports: dict[str, tuple[int, int]]) -> None:
        checks = [silent_client_is_kept(*pair) for pair in ports.values()]
        checks += [client_that_pinged_once_is_closed(server) for server, _ in ports.values()]
        if "daphne" in ports:
            checks.append(client_that_does_not_read_is_cut(ports["daphne"][0]))
        await asyncio.gather(*checks)

    ports: dict[str, tuple[int, int]] = {}
    with ExitStack() as stack:
        for answers in servers("memory"):
            name = str(answers["server"])
            project = copy(make_project(answers), tmp_path / name)
            server = stack.enter_context(serving(project))
            relay = stack.enter_context(proxy(server.port, read_timeout=PROXY_SECONDS))
            ports[name] = server.port, relay
        asyncio.run(check_all(ports))
