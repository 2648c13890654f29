"""Its server serves all of it, in production and under runserver, and ends at SIGTERM."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.projects.clients import (
    SECONDS,
    free_port,
    get,
    hear,
    logged,
    open_socket,
    running,
    say,
)
from tests.proofs.deployment import PASSWORD, add_user, deployed
from tests.proofs.exchanges import chats, refuses_strangers, serves_in_development
from tests.proofs.subject import SITE, Subject
from tests.sources import parse

READS = SITE

# Longer than the 5 s after which redis-py 8 gives up an idle connection by default.
IDLE_SECONDS = 7


def prove(subject: Subject) -> None:
    port, log = free_port(), subject.scratch / "log"
    with subject.services() as services:
        env = {**deployed(subject, services), "METRICS": "True", "METRICS_TOKEN": "t0ken"}
        add_user(subject, env)
        command = logged(subject.server(port), log)
        with running(command, port, subject.folder, **env) as server:
            refuses_strangers(port, tls=True)
            chats(port, tls=True)
            serves_in_production(port)
            reports_metrics(port)
            keeps_silent_client(subject, port, server)
    check_log(log.read_text())


def check_log(output: str) -> None:
    """Each line is an object, and none holds what is private."""
    assert "Traceback" not in output, output
    # Granian's main process has the one format that a project cannot configure. It may report that
    # it kills a worker that has just ended by itself.
    granian = ("[INFO] ", "[WARNING] Killing worker-1 ")
    lines = [line for line in output.splitlines() if line and not line.startswith(granian)]
    odd = [line for line in lines if not line.startswith("{")]
    assert not odd, "\n".join(odd)
    assert any("request_id" in json.loads(line) for line in lines)
    assert not re.search("secret|still there", output)


def keeps_silent_client(subject: Subject, port: int, server: subprocess.Popen[bytes]) -> None:
    """A client that hears nothing for a while stays connected, until SIGTERM ends the server."""
    with open_socket(port, tls=True) as alice, open_socket(port, tls=True) as bob:
        silent_since = time.monotonic()
        shutil.rmtree(subject.folder / "staticfiles")
        # Meanwhile, and with services of its own.
        with subject.services() as services:
            serves_in_development(subject.folder, services)
        if subject.answers["layer"] == "redis":
            with pytest.raises(TimeoutError):
                alice.recv(timeout=max(0, silent_since + IDLE_SECONDS - time.monotonic()))
        say(bob, "still there?")
        assert hear(alice)["message"] == "still there?"
        os.killpg(server.pid, signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            alice.recv(timeout=SECONDS)
        assert alice.close_code in {1012, 4012}
        server.wait(timeout=SECONDS)


def serves_in_production(port: int) -> None:
    assert get(port, "/healthz")[0] == 200
    status, _, text = get(port, "/readyz")
    assert status == 200, text
    status, headers, _ = get(port, "/")
    assert (status, headers["location"]) == (301, f"https://127.0.0.1:{port}/")
    visitor = Visitor(port)
    page = visitor.get("/")
    assert page.status == 200
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert page.headers["strict-transport-security"] == "max-age=3600"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in page.headers["permissions-policy"]
    parse(".html", page.text)
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert {Path(asset).suffix for asset in assets} == set(kinds)
    for asset in assets:
        file = visitor.get(asset)
        kind = file.headers["content-type"].partition(";")[0]
        assert (file.status, kind) == (200, kinds[Path(asset).suffix])
        # Its name holds a digest of its content.
        assert "immutable" in file.headers["cache-control"]
    assert visitor.get("/static/staticfiles.json").status == 404
    assert visitor.get("/nothing?token=secret").status == 404
    assert visitor.get("/admin/").status == 302
    visitor.log_in()
    assert visitor.get("/admin/").status == 200
    with visitor.open_socket() as socket:
        say(socket, "it is me")
        assert hear(socket)["sender"] == "ada"


def reports_metrics(port: int) -> None:
    assert get(port, "/metrics")[0] == 401
    request = Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": "Bearer t0ken"})
    with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
        metrics = answer.read().decode()
    assert re.search(r"^websocket_frames_received_total [1-9]", metrics, re.MULTILINE)
    assert re.search(r'^websocket_errors_total{code="bad_json"} [1-9]', metrics, re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Message
    text: str


class Visitor:
    """A browser's part in logging in, behind a proxy that terminates TLS."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._request("GET", path)

    def log_in(self) -> None:
        page = self.get("/accounts/login/").text
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        fields = {"csrfmiddlewaretoken": token, "username": "ada", "password": PASSWORD}
        answer = self._request("POST", "/accounts/login/", urlencode(fields))
        assert answer.status == 302, answer

    def open_socket(self) -> ClientConnection:
        host = f"127.0.0.1:{self.port}"
        return connect(
            f"ws://{host}/ws/index/",
            origin=Origin(f"https://{host}"),
            additional_headers=self._headers(),
            proxy=None,
        )

    def _headers(self) -> dict[str, str]:
        host = f"https://127.0.0.1:{self.port}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"X-Forwarded-Proto": "https", "Cookie": cookies, "Referer": f"{host}/"}

    def _request(self, method: str, path: str, body: str = "") -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        headers = {**self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        with closing(connection):
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            assert "; Secure" in cookie
            assert "SameSite=Lax" in cookie
        return Answer(response.status, response.headers, text)
