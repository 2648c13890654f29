"""What a client meets that wants more than its share, or sends garbage."""

import asyncio
import json
import random
import resource
import string
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.projects.clients import (
    hang_up,
    hear,
    hear_async,
    open_crowd,
    open_socket,
    say,
    wait_until,
)
from tests.projects.servers import by_server, copy, servers, serving
from tests.questions import Answers

MEGABYTE = 1_000_000
# README: registered codes are beyond Daphne.
FULL = {"daphne": 4013}
GARBAGE = [
    "",
    "not JSON",
    "null",
    "[]",
    '"text"',
    "1e999",
    '{"message": NaN}',
    '{"message": "\\ud800"}',
    '{"message": "x", "ref": "\\udfff\\ud800"}',
    '{"\\ud800": 1}',
    "[" * 50_000,
    '{"message": ' + "[" * 20_000 + "]" * 20_000 + "}",
    '{"message": null}',
    '{"message": 1}',
    '{"message": ["x"]}',
    '{"text": "x"}',
    '{"type": null, "message": "x"}',
    '{"type": 1, "message": "x"}',
    '{"type": ["message"], "message": "x"}',
    '{"type": {"message": 1}, "message": "x"}',
    '{"type": ""}',
    # No browser could parse the answer if it had these in it.
    '{"type": "ping", "ref": NaN}',
    '{"type": "none", "ref": 1e999}',
    *(
        json.dumps({"type": kind, "message": "x"})
        for kind in ("disconnect", "close", "send_json", "__call__", "websocket.close", "_serve")
    ),
]


def closed_with(client: ClientConnection) -> int:
    with suppress(ConnectionClosed):
        while client.recv(timeout=30):
            pass
    assert client.close_code
    return client.close_code


def error(client: ClientConnection, frame: str | bytes) -> str:
    """Send a frame, and return the code of the error that answers it."""
    client.send(frame)
    answer = hear(client)
    assert answer["type"] == "error", f"{frame!r:.80} was answered with {answer}"
    return str(answer["code"])


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_nobody_gets_more_than_allowed(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    def welcomes() -> bool:
        with open_socket(server.port) as client:
            ping(client, 1)
            try:
                return answer_to(client) == "pong"
            except ConnectionClosed:
                return False

    project = copy(make_project(answers), tmp_path)
    limits = {"WS_MAX_CONNECTIONS": "2", "WS_MESSAGES_PER_SECOND": "5"}
    with serving(project, **limits) as server, open_socket(server.port) as alice:
        with open_socket(server.port) as bob:
            with open_socket(server.port) as eve:
                assert closed_with(eve) == FULL.get(str(answers["server"]), 1013)
            say(alice, "two are enough")
            assert hear(bob)["message"] == "two are enough"
            with suppress(ConnectionClosed):
                ping(bob, 20)
            assert [answer_to(bob) for _ in range(10)] == ["pong"] * 5 + ["rate_limited"] * 5
            assert closed_with(bob) == 4029
        wait_until(welcomes, "one left, another one is welcome")
        assert hear(alice)["message"] == "two are enough"
        assert "Traceback" not in server.said()


def ping(client: ClientConnection, number: int) -> None:
    for _ in range(number):
        client.send(json.dumps({"type": "ping"}))


def answer_to(client: ClientConnection) -> str:
    """Return the type of the next frame, or the code if it is an error."""
    frame = hear(client)
    return str(frame.get("code", frame["type"]))


@contextmanager
def few_files(number: int) -> Iterator[None]:
    """Let what is started meanwhile have so many open files, unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_connections_are_not_limited_by_open_files(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    async def all_are_served(port: int) -> None:
        crowd = await open_crowd(port, 300)
        await crowd[0].send(json.dumps({"message": "all of you"}))
        heard = await asyncio.gather(*map(hear_async, crowd))
        assert {frame["message"] for frame in heard} == {"all of you"}
        await hang_up(*crowd)

    project = copy(make_project(answers), tmp_path)
    with ExitStack() as stack:
        with few_files(256):
            server = stack.enter_context(serving(project))
        asyncio.run(all_are_served(server.port))


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_garbage_is_answered_and_the_connection_kept(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    dice = random.Random(1)  # noqa: S311
    huge = [
        json.dumps({"message": "x" * 65_536}),
        # Fewer characters than the limit, and more bytes.
        json.dumps({"message": "\N{SNOWMAN}" * 30_000}, ensure_ascii=False),
        "".join(dice.choices(string.printable, k=MEGABYTE)),
    ]
    project = copy(make_project(answers), tmp_path)
    with (
        serving(project, WS_MESSAGES_PER_SECOND="1000", WS_BYTES_PER_SECOND="1000000") as server,
        open_socket(server.port) as alice,
        open_socket(server.port) as eve,
    ):
        for frame in GARBAGE:
            assert error(eve, frame) in {"bad_json", "bad_type", "unknown_type"}
        for binary in (b"", b"\x00\xff", b'{"message": "x"}', dice.randbytes(MEGABYTE)):
            assert error(eve, binary) == "binary"
        for text in huge:
            assert error(eve, text) == "too_large"
        say(eve, "x" * 60_000)
        assert hear(eve)["message"] == hear(alice)["message"] == "x" * 60_000
        assert "Traceback" not in server.said()
