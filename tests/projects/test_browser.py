"""The page in a real browser: what a person sees."""

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
import trustme
from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocket, expect

from tests.environments import runnable
from tests.projects.clients import free_port, open_socket, running
from tests.questions import pairs

# In one process, since two can not install a browser at the same time.
pytestmark = pytest.mark.xdist_group("browser")

RECONNECT_MILLISECONDS = 45_000


ANSWERS = runnable(pairs("server", "layer"))[0]


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Path]) -> Path:
    project = make_project(ANSWERS)
    subprocess.run(
        [project / ".venv/bin/python", "manage.py", "migrate", "-v0"], cwd=project, check=True
    )
    return project


@contextmanager
def serving(project: Path, port: int, **environment: str) -> Iterator[None]:
    command = [str(project / ".venv/bin/python"), "manage.py", "runserver", str(port), "--noreload"]
    with running(command, port, project, **environment):
        yield


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens a page in a window of its own; no page may log an error."""
    complaints: list[str] = []
    contexts = []

    def hear(message: ConsoleMessage) -> None:
        # Chromium itself logs a socket that can't be opened, which a stopped server's can't.
        expected = "WebSocket connection to" in message.text
        if message.type in ("error", "warning") and not expected:
            complaints.append(message.text)

    def open_(url: str) -> Page:
        context = browser.new_context(ignore_https_errors=True)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def expect_live(page: Page) -> None:
    expect(page.locator("#status")).to_have_attribute(
        "data-state", "live", timeout=RECONNECT_MILLISECONDS
    )


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


def test_two_windows_talk(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    with serving(project, port):
        alice, bob = (open_page(f"http://127.0.0.1:{port}/") for _ in range(2))
        expect_live(alice)
        expect_live(bob)
        hostile = "<img src=x onerror=alert(1)> 你好!"
        say(alice, hostile)
        for page in (alice, bob):
            message = page.locator("#messages li").last
            expect(message.locator(".text")).to_have_text(hostile)
            expect(message.locator(".sender")).to_contain_text("guest-")
            expect(message.locator("time")).not_to_be_empty()
        expect(alice.get_by_role("textbox")).to_have_value("")
        expect(alice.locator("#round-trip")).to_contain_text("ms")
        expect(alice.locator("body")).to_contain_text(str(ANSWERS["server"]).capitalize())


def test_page_recovers_when_its_server_returns(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    with serving(project, port):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect_live(page)
    expect(page.locator("#status")).to_have_attribute("data-state", "reconnecting")
    say(page, "kept")
    expect(page.get_by_role("textbox")).to_have_value("kept")
    with serving(project, port):
        expect_live(page)
        page.get_by_role("textbox").press("Enter")
        expect(page.locator("#messages .text")).to_have_text(["kept"])
        with open_socket(port) as client:
            client.send('{"message": "from outside"}')
            expect(page.locator("#messages .text")).to_have_text(["kept", "from outside"])


def test_page_knows_that_the_network_is_gone(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    with serving(project, port):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect_live(page)
        page.context.set_offline(True)
        expect(page.locator("#status")).to_have_attribute("data-state", "offline")
        page.context.set_offline(False)
        expect_live(page)


@contextmanager
def tls_proxy(backend: int) -> Iterator[int]:
    """Terminate TLS in front of a local port, as a reverse proxy does; yield the proxy's port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    started: Queue[tuple[int, Callable[[], object]]] = Queue()
    writers: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", backend)
        writers.extend((writer, there[1]))
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    async def serve() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
        port: int = server.sockets[0].getsockname()[1]
        started.put((port, lambda: loop.call_soon_threadsafe(stopped.set)))
        await stopped.wait()
        server.close()
        for writer in writers:
            writer.transport.abort()

    # A thread of its own, since the browser's driver has an event loop in this one.
    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    port, stop = started.get(timeout=10)
    yield port
    stop()
    thread.join()


def test_https_page_uses_wss(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    sockets: list[WebSocket] = []
    with serving(project, port), tls_proxy(port) as proxy:
        page = open_page("about:blank")
        page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108, it wants a plain function
        page.goto(f"https://localhost:{proxy}/")
        expect_live(page)
        say(page, "over TLS")
        expect(page.locator("#messages .text")).to_have_text(["over TLS"])
    assert sockets[0].url == f"wss://localhost:{proxy}/ws/index/"
