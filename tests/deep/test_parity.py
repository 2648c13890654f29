"""On a real server, in production and development: what lets a page load and post a form lets its
WebSocket open, and nothing else does."""

import re
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.projects.clients import SECONDS, free_port, logged, running
from tests.projects.servers import by_server, copy, production, python, servers, serving_at
from tests.questions import Answers

HANDSHAKE = {
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Upgrade": "websocket",
}
# Daphne takes 16 kB, Hypercorn 64 kB and Granian 400 kB, for pages and WebSockets alike.
COOKIES = (4_000, 8_000, 9_000, 15_000, 20_000, 32_000, 60_000, 70_000, 300_000, 2_000_000)
HEADERS = (100, 130, 300)
QUERIES = (5_000, 20_000)


@dataclass(frozen=True)
class Browser:
    """Sends headers unchanged."""

    port: int

    def ask(self, path: str, headers: dict[str, str], form: str | None = None) -> tuple[int, str]:
        """Return the status and the text of an answer; 0 if the server closes the connection."""
        own = {"Host": f"127.0.0.1:{self.port}", "Origin": f"http://127.0.0.1:{self.port}"}
        if form is not None:
            own["Content-Length"] = str(len(form))
            own["Content-Type"] = "application/x-www-form-urlencoded"
        lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in {**own, **headers}.items()]
        request = "\r\n".join([*lines, "", form or ""]).encode()
        received = b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), SECONDS) as client:
                client.sendall(request)
                while part := client.recv(65_536):
                    received += part
                    if b"\r\n\r\n" in received and headers["Connection"] == "Upgrade":
                        break
        except ConnectionError:
            pass
        status = re.match(rb"HTTP/1.1 (\d+)", received)
        return int(status[1]) if status else 0, received.decode("latin-1")

    def page(self, path: str = "/", **headers: str) -> tuple[int, str]:
        return self.ask(path, {"Connection": "close", **names(headers)})

    def opens(self, path: str = "/ws/index/", **headers: str) -> bool:
        return self.ask(path, {**HANDSHAKE, **names(headers)})[0] == 101


def names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def started(
    project: Path, port: int, command: str, **environment: str
) -> AbstractContextManager[object]:
    if command == "production":
        return serving_at("127.0.0.1", port, project, **environment)
    runserver = [python(project), "manage.py", "runserver", "--noreload", str(port)]
    variables = {**production(project), "DEBUG": "True", **environment}
    return running(logged(runserver, project / "log"), port, project, **variables)


@pytest.mark.parametrize("command", ["production", "runserver"])
@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_a_page_and_its_socket_have_the_same_limits(
    answers: Answers, command: str, make_migrated: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_migrated(answers), tmp_path)
    browser = Browser(free_port())
    with started(project, browser.port, command, FORCE_SCRIPT_NAME="/app"):
        for length in COOKIES:
            cookie = "x=" + length * "y"
            assert (browser.page(Cookie=cookie)[0] == 200) is browser.opens(Cookie=cookie), length
        assert browser.opens(Cookie="x=" + 15_000 * "y")
        for number in HEADERS:
            many = {f"X-{count}": "y" for count in range(number)}
            assert (browser.page(**many)[0] == 200) is browser.opens(**many), number
        for length in QUERIES:
            query = "?x=" + length * "y"
            page, opens = browser.page(f"/{query}")[0] == 200, browser.opens(f"/ws/index/{query}")
            assert page is opens, length
        believes_no_client(browser)
        for prefix in ("/app", ""):
            serves_all(browser, prefix)


def believes_no_client(browser: Browser) -> None:
    forged = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example"}
    assert browser.page(**forged)[0] == 200
    assert browser.opens(**forged)
    assert browser.opens(Daphne_Root_Path="/evil")
    assert "/evil" not in browser.page(Daphne_Root_Path="/evil")[1]
    own = f"https://127.0.0.1:{browser.port}"
    assert not browser.opens(Origin=own, **forged)


def serves_all(browser: Browser, prefix: str) -> None:
    """Use the site as behind a proxy that passes its prefix on, or removes it."""

    def passed(path: str) -> str:
        assert path.startswith("/app/"), path
        return prefix + path.removeprefix("/app")

    _, page = browser.page(passed("/app/"))
    (script,) = re.findall(r'src="([^"]+\.js)"', page)
    (path,) = re.findall(r'data-websocket-path="([^"]+)"', page)
    (login,) = re.findall(r'href="([^"]+login/)"', page)
    assert browser.page(passed(script))[0] == 200
    assert browser.opens(passed(path))
    assert not browser.opens(passed("/app/ws/nothing/"))
    for check in ("/app/healthz", "/app/readyz"):
        assert browser.page(passed(check))[0] == 200
    assert browser.page(passed("/app/nothing"))[0] == 404
    _, admin = browser.page(passed("/app/admin/"))
    assert "\r\nlocation: /app/admin/login/?next=/app/admin/\r\n" in admin.lower()
    _, form = browser.page(passed(login))
    (token,) = re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', form)
    (cookie,) = re.findall(r"set-cookie: (csrftoken=\w+)", form, re.IGNORECASE)
    fields = {"csrfmiddlewaretoken": token, "username": "ada", "password": "guess"}
    headers = {"Connection": "close", "Cookie": cookie}
    assert browser.ask(passed(login), headers, urlencode(fields))[0] == 200
