"""The page in a real browser: what a person sees."""

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    WebSocket,
    WebSocketRoute,
    expect,
)

from tests.deep.proxy import proxy
from tests.environments import runnable
from tests.projects.clients import free_port, open_socket, running
from tests.projects.servers import copy
from tests.questions import pairs

# In one process, since two can not install a browser at the same time.
pytestmark = pytest.mark.xdist_group("browser")

RECONNECT_MILLISECONDS = 45_000

LOGIN_ENDED = "Your login has ended, and you now write as a guest. Reload the page to log in."

SIZES = [(1280, 800), (390, 844), (320, 568)]

ANSWERS = runnable(pairs("server", "layer"))[0]


COUNT_ATTEMPTS = """
    globalThis.attempts = 0;
    globalThis.WebSocket = class extends WebSocket {
        constructor(url) {
            super(url);
            attempts += 1;
        }
    };
"""


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy(make_project(ANSWERS), tmp_path_factory.mktemp("browser"))
    subprocess.run(
        [project / ".venv/bin/python", "manage.py", "migrate", "-v0"], cwd=project, check=True
    )
    return project


@contextmanager
def serving(project: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(project / ".venv/bin/python"), "manage.py", "runserver", str(port), "--noreload"]
    with running(command, port, project, **environment) as process:
        yield process


def freeze(server: subprocess.Popen[bytes]) -> None:
    """Stop a server from answering, and wait until it has stopped: the signal takes its time."""
    os.killpg(server.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, server.pid, os.WSTOPPED)


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
        if url != "about:blank":
            visit(page, url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def visit(page: Page, url: str) -> None:
    """Load a page with its icon, which Chromium asks for last: a test may stop the server then."""
    with page.expect_event("requestfinished", lambda request: "/favicon." in request.url):
        page.goto(url)


def expect_live(page: Page) -> None:
    expect(page.locator("#status")).to_have_attribute(
        "data-state", "live", timeout=RECONNECT_MILLISECONDS
    )


def expect_texts(page: Page, texts: list[str]) -> None:
    expect(page.locator("#messages .text")).to_have_text(texts, timeout=RECONNECT_MILLISECONDS)


def show(page: Page, state: str) -> None:
    """Let a page believe that it is "visible" or "hidden", which a headless browser's never is."""
    page.evaluate(
        """state => {
            Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


@contextmanager
def answered(socket: WebSocket) -> Iterator[None]:
    """Wait until the server has answered the last frame that a page sends in the block."""
    refs: list[str | None] = [None]

    def note(frame: str | bytes) -> None:
        refs.append(json.loads(frame)["ref"])

    def answers(frame: str | bytes) -> bool:
        return refs[-1] is not None and json.loads(frame).get("ref") == refs[-1]

    socket.on("framesent", note)
    with socket.expect_event("framereceived", answers):
        yield
    socket.remove_listener("framesent", note)


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
            expect(message.locator(".sender")).to_contain_text("guest (")
            expect(message.locator("time")).not_to_be_empty()
        expect(alice.get_by_role("textbox")).to_have_value("")
        expect(alice.locator("#round-trip")).to_contain_text("ms")
        expect(alice.locator("body")).to_contain_text(str(ANSWERS["server"]).capitalize())


def overflow(page: Page) -> list[int]:
    """Return by how many pixels the page is wider and higher than its window."""
    pixels: list[int] = page.evaluate(
        """() => {
            const {scrollWidth, scrollHeight} = document.documentElement;
            return [scrollWidth - innerWidth, scrollHeight - innerHeight];
        }"""
    )
    return pixels


def test_page_fits_its_window(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    long = ["x" * 300, "word " * 100, "\u05e9\u05dc\u05d5\u05dd"]
    with serving(project, port):
        for width, height in SIZES:
            page = open_page("about:blank")
            page.set_viewport_size({"width": width, "height": height})
            visit(page, f"http://127.0.0.1:{port}/")
            expect_live(page)
            expect(page.locator(".about")).to_contain_text("in-memory")
            for texts in ([], long):
                for text in texts:
                    say(page, text)
                expect_texts(page, [text.strip() for text in texts])
                page.get_by_role("textbox").focus()
                assert overflow(page) == [0, 0], (width, texts)
                expect(page.get_by_role("heading")).to_be_in_viewport(ratio=1)
                expect(page.locator(".about")).to_be_in_viewport(ratio=1)
            # The log alone scrolls, and shows its end.
            expect(page.locator("#messages li").last).to_be_in_viewport(ratio=1)
            log = page.locator("#log")
            assert log.evaluate("log => [log.scrollWidth - log.clientWidth, scrollY]") == [0, 0]
            page.goto(f"http://127.0.0.1:{port}/accounts/login/")
            expect(page.get_by_role("button", name="Log in")).to_be_in_viewport(ratio=1)
            expect(page.get_by_role("link", name="Log in")).to_have_count(0)
            assert overflow(page) == [0, 0], width


def test_page_shows_how_many_are_online(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    with serving(project, port):
        alice, bob = (open_page(f"http://127.0.0.1:{port}/") for _ in range(2))
        for page in (alice, bob):
            expect(page.locator("#presence")).to_have_text("2 online")
        bob.close()
        expect(alice.locator("#presence")).to_have_text("1 online")
    expect(alice.locator("#presence")).to_be_empty()


def test_page_recovers_when_its_server_returns(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    with serving(project, port):
        alice, bob = (open_page(f"http://127.0.0.1:{port}/") for _ in range(2))
        expect_live(alice)
        expect_live(bob)
    expect(alice.locator("#status")).to_have_attribute("data-state", "reconnecting")
    say(alice, "first")
    expect(alice.locator("#waiting")).to_have_text("1 waiting to be sent")
    say(alice, "second")
    expect(alice.locator("#waiting")).to_have_text("2 waiting to be sent")
    expect(alice.get_by_role("textbox")).to_have_value("")
    # So that the other page is back before this one speaks.
    show(alice, "hidden")
    with serving(project, port):
        expect_live(bob)
        show(alice, "visible")
        expect_texts(bob, ["first", "second"])
        expect(alice.locator("#waiting")).to_be_empty()
        say(alice, "third")
        with open_socket(port) as client:
            expect_texts(alice, ["first", "second", "third"])
            client.send('{"message": "from outside"}')
        for page in (alice, bob):
            expect_texts(page, ["first", "second", "third", "from outside"])


def test_text_that_may_have_arrived_is_not_sent_again(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    with serving(project, port) as server:
        page = open_page(f"http://127.0.0.1:{port}/")
        expect_live(page)
        freeze(server)
        say(page, "on its way")
        say(page, "behind it")
        expect(page.locator("#waiting")).to_have_text("1 waiting to be sent")
    expect(page.get_by_role("textbox")).to_have_value("on its way")
    expect(page.locator("#error")).to_contain_text("lost before your text was confirmed")
    with serving(project, port):
        expect_texts(page, ["behind it"])
        page.get_by_role("textbox").press("Enter")
        expect_texts(page, ["behind it", "on its way"])
        expect(page.locator("#error")).to_be_empty()


def test_only_so_many_messages_wait(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    with serving(project, port):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect_live(page)
    expect(page.locator("#status")).to_have_attribute("data-state", "reconnecting")
    texts = [str(number) for number in range(100)]
    for text in [*texts, "one too many"]:
        say(page, text)
    expect(page.locator("#waiting")).to_have_text("100 waiting to be sent")
    expect(page.locator("#error")).to_contain_text("too many messages are already waiting")
    expect(page.get_by_role("textbox")).to_have_value("one too many")
    with serving(project, port):
        # All at once would be more than the server takes from one connection in a second.
        expect_texts(page, texts)
        expect(page.locator("#error")).not_to_contain_text("per second")
        expect(page.locator("#status")).to_have_attribute("data-state", "live")


def test_page_notices_that_its_server_hangs(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    page = open_page("about:blank")
    page.clock.install()
    with serving(project, port) as server:
        with page.expect_websocket() as opened:
            visit(page, f"http://127.0.0.1:{port}/")
        expect(page.locator("#round-trip")).to_contain_text("ms")
        # Nothing is wrong as long as each ping is answered.
        for text in ("one", "two"):
            page.clock.run_for(20_000)
            with answered(opened.value):
                say(page, text)
            expect(page.locator("#messages .text").last).to_have_text(text)
        expect(page.locator("#status")).to_have_attribute("data-state", "live")
        freeze(server)
        page.clock.run_for(20_000 + 10_000)
        expect(page.locator("#status")).to_have_attribute("data-state", "reconnecting")


def test_hidden_page_waits_until_it_is_shown(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    page = open_page("about:blank")
    page.clock.install()
    page.add_init_script(COUNT_ATTEMPTS)
    with serving(project, port):
        visit(page, f"http://127.0.0.1:{port}/")
        expect_live(page)
    expect(page.locator("#status")).to_have_attribute("data-state", "reconnecting")
    show(page, "hidden")
    before = page.evaluate("attempts")
    page.clock.run_for(60_000)
    assert page.evaluate("attempts") == before
    with serving(project, port):
        show(page, "visible")
        assert page.evaluate("attempts") == before + 1
        expect_live(page)


def test_error_is_shown_in_words(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    with serving(project, port, WS_MAX_MESSAGE_BYTES="200"):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect_live(page)
        say(page, "x" * 200)
        expect(page.locator("#error")).to_have_text("A message may have at most 200 bytes.")
        expect(page.get_by_role("textbox")).to_have_value("x" * 200)
        say(page, "shorter")
        expect_texts(page, ["shorter"])
        expect(page.locator("#error")).to_be_empty()


def test_what_exceeds_the_rate_is_sent_later(
    project: Path, open_page: Callable[[str], Page]
) -> None:
    port = free_port()
    texts = [str(number) for number in range(12)]
    with serving(project, port, WS_MESSAGES_PER_SECOND="5"):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect_live(page)
        for text in texts:
            say(page, text)
        expect(page.locator("#error")).to_contain_text(
            "at most 5 messages per second", timeout=RECONNECT_MILLISECONDS
        )
        expect_texts(page, texts)


def test_page_says_that_the_server_is_full(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    with serving(project, port, WS_MAX_CONNECTIONS="1"):
        first = open_page(f"http://127.0.0.1:{port}/")
        expect_live(first)
        second = open_page(f"http://127.0.0.1:{port}/")
        expect(second.locator("#reason")).to_have_text("The server is full.")
        expect(second.locator("#countdown")).to_contain_text("in ")
        first.close()
        expect_live(second)
        expect(second.locator("#reason")).to_be_empty()


@pytest.mark.parametrize(
    ("code", "words", "seconds"),
    [
        (1013, "The server is full.", 5),
        (4001, LOGIN_ENDED, 0),
        (4008, "The connection was too slow.", 0),
        (4029, "Too many messages at once.", 5),
    ],
)
def test_page_says_why_it_was_disconnected(
    project: Path, open_page: Callable[[str], Page], code: int, words: str, seconds: int
) -> None:
    port = free_port()
    routes: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        routes.append(socket)

    page = open_page("about:blank")
    # Jitter at its least.
    page.add_init_script("Math.random = () => 0")
    page.route_web_socket("**/ws/index/", route)
    with serving(project, port):
        visit(page, f"http://127.0.0.1:{port}/")
        expect_live(page)
        page.clock.install()
        page.clock.pause_at(page.evaluate("Date.now()") + 1_000)
        routes[0].close(code=code)
        expect(page.locator("#reason")).to_have_text(words)
        expect(page.locator("#countdown")).to_have_text(f"in {seconds} s" if seconds else "")
        page.clock.run_for(seconds * 1_000)
        page.clock.resume()
        expect_live(page)
        # From now on the page is a guest's.
        expect(page.locator("#reason")).to_have_text(words if code == 4001 else "")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4401, "Log in to use this page."),
        (4403, "You do not have permission to use this page."),
    ],
)
def test_page_says_why_it_gives_up(
    project: Path, open_page: Callable[[str], Page], code: int, words: str
) -> None:
    port = free_port()
    page = open_page("about:blank")
    page.route_web_socket("**/ws/index/", lambda socket: socket.close(code=code))
    with serving(project, port):
        visit(page, f"http://127.0.0.1:{port}/")
        expect(page.locator("#reason")).to_have_text(words)
        expect(page.locator("#status")).to_have_text("Disconnected")
        expect(page.locator("#countdown")).to_be_empty()


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


def test_https_page_uses_wss(project: Path, open_page: Callable[[str], Page]) -> None:
    port = free_port()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(tls)
    sockets: list[WebSocket] = []
    with (
        proxy(port, tls=tls) as front,
        # The proxy does not tell the server of TLS.
        serving(project, port, CSRF_TRUSTED_ORIGINS=f"https://localhost:{front}"),
    ):
        page = open_page("about:blank")
        page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108, it wants a plain function
        visit(page, f"https://localhost:{front}/")
        expect_live(page)
        say(page, "over TLS")
        expect(page.locator("#messages .text")).to_have_text(["over TLS"])
    assert sockets[0].url == f"wss://localhost:{front}/ws/index/"
