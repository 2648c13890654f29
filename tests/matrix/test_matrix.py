"""Every project that can be generated, proven: six proofs of each."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.browsers import chromium
from tests.environments import render
from tests.matrix import report
from tests.matrix.cells import Cell, cells, dotted
from tests.matrix.exchanges import chats, refuses_strangers, serves_in_development
from tests.projects.clients import (
    SECONDS,
    free_port,
    get,
    hear,
    logged,
    open_socket,
    running,
    say,
    wait_until,
)
from tests.projects.servers import production_command, python
from tests.questions import flags
from tests.sources import check, contents, lint, parse

LONGEST = {"project_name": "a" * 36, "app": "b" * 36}
SHORTEST = {"project_name": "z", "app": "a"}
PASSWORD = "correct horse battery staple"  # noqa: S105
# Longer than the 5 s after which redis-py 8 gives up an idle connection by default.
IDLE_SECONDS = 7


def proof(name: str) -> pytest.MarkDecorator:
    """Let a test prove all cells that ask for it."""
    asked = [cell for cell in cells() if name in cell.proofs]
    return pytest.mark.parametrize("cell", asked, ids=lambda cell: cell.label)


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a program, which must succeed; return what it said."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, **(env or {})},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(done.stdout)
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}"
    return done.stdout


@proof("rendered")
def test_rendered(cell: Cell, tmp_path: Path) -> None:
    """Twice by cookiecutter and once by the command: the same bytes, and good files."""
    first, second = (render(cell.answers, tmp_path / number) for number in ("1", "2"))
    run(sys.executable, "-m", "django_asgi_new", "mysite", *flags(cell.answers), cwd=tmp_path)
    assert contents(first) == contents(second) == contents(tmp_path / "mysite")
    secrets = [(folder / ".env").read_bytes() for folder in (first, second, tmp_path / "mysite")]
    assert len(set(secrets)) == len(secrets)
    check(first)


@proof("clean")
def test_clean(
    cell: Cell, project: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Linters, formatters, types and Django's checks have nothing to say."""
    lint(project)
    for names in (LONGEST, SHORTEST):
        lint(render({**cell.answers, **names}, tmp_path))
    pages = render(cell.answers, tmp_path / "pages")
    djlint = [sys.executable, "-m", "djlint", "--profile=django", "--indent=2", "--quiet"]
    for command in ("--check", "--lint"):
        run(*djlint, command, pages, cwd=tmp_path)
    # What differs from the last project alone is looked at again.
    cache = tmp_path_factory.getbasetemp() / f"mypy-{cell.answers['django']}"
    run(python(project), "-m", "mypy", "--cache-dir", cache, cwd=project)
    manage = [python(project), "-W", "error", "manage.py"]
    # PostgreSQL would be asked which migrations it has.
    sqlite = {"DATABASE_URL": "sqlite:///:memory:"}
    run(*manage, "check", "--fail-level=WARNING", cwd=project, env=sqlite)
    run(*manage, "makemigrations", "--check", "--dry-run", cwd=project, env=sqlite)
    deployed = {**production(), **sqlite}
    run(*manage, "check", "--deploy", "--fail-level=WARNING", cwd=project, env=deployed)


def production() -> dict[str, str]:
    """Return the environment that the README asks for in production."""
    return {
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_TLS_PROXY": "True",
        "DEBUG": "False",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "SECRET_KEY": "x" * 20 + "production-only" * 3,
    }


@proof("tested")
def test_tested(
    cell: Cell, project: Path, request: pytest.FixtureRequest, record: dict[str, Any]
) -> None:
    """Its own tests pass, none is skipped; those of a PostgreSQL project on PostgreSQL."""
    env = {}
    if cell.answers["database"] == "postgres":
        env["DATABASE_URL"] = request.getfixturevalue("database")
    said = run(python(project), "-m", "pytest", "-p", "no:cacheprovider", cwd=project, env=env)
    assert re.search(r"\d+ passed in", said)
    assert not re.search(r"skipped|warning|xfail", said.splitlines()[-1])
    if env:
        assert "postgresql" in said
    code = (
        "import importlib.metadata as m; print(*(d.name+'='+d.version for d in m.distributions()))"
    )
    versions = dict(
        word.split("=", 1) for word in run(python(project), "-c", code, cwd=project).split()
    )
    project_table = (project / "pyproject.toml").read_text()
    record["versions"] = {k: v for k, v in versions.items() if f'"{k.lower()}' in project_table}
    record["versions"]["Python"] = dotted(cell.python)


def manage(project: Path, *command: str, env: dict[str, str]) -> str:
    return run(python(project), "manage.py", *command, cwd=project, env=env)


@proof("booted")
def test_booted(cell: Cell, project: Path, services: dict[str, str], tmp_path: Path) -> None:
    """Its server serves all of it, in production and under runserver, and ends at SIGTERM."""
    env = {**production(), **services, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    env |= {"METRICS": "True", "METRICS_TOKEN": "t0ken"}
    manage(project, "collectstatic", "--no-input", "--verbosity=0", env=env)
    manage(project, "migrate", "--verbosity=0", env=env)
    ada = ["--username=ada", "--email=ada@example.com"]
    manage(project, "createsuperuser", "--no-input", *ada, env=env)
    port, log = free_port(), tmp_path / "log"
    command = production_command(project, port)
    with running(logged(command, log), port, project, **env) as server:
        serves_in_production(port)
        refuses_strangers(port)
        chats(port)
        tells_its_metrics(port)
        with ExitStack() as stack:
            alice, bob = (stack.enter_context(open_socket(port)) for _ in range(2))
            if cell.answers["layer"] == "redis":
                with pytest.raises(TimeoutError):
                    alice.recv(timeout=IDLE_SECONDS)
            say(bob, "still there?")
            assert hear(alice)["message"] == "still there?"
            os.killpg(server.pid, signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                alice.recv(timeout=SECONDS)
            assert closed.value.rcvd
            assert closed.value.rcvd.code in {1012, 4012}
            server.wait(timeout=SECONDS)
    said = log.read_text()
    assert "Traceback" not in said, said
    # Granian's main process has the one format that a project has no say in.
    lines = [line for line in said.splitlines() if line and not line.startswith("[INFO] ")]
    assert [line for line in lines if not line.startswith("{")] == []
    assert any("request_id" in json.loads(line) for line in lines)
    assert not re.search("secret|still there", said)
    shutil.rmtree(project / "staticfiles")
    serves_in_development(project, services)


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
    assert visitor.get("/nothing?token=secret").status == 404
    assert visitor.get("/admin/").status == 302
    visitor.log_in()
    assert visitor.get("/admin/").status == 200
    with visitor.open_socket() as socket:
        say(socket, "it is me")
        assert hear(socket)["sender"] == "ada"


def tells_its_metrics(port: int) -> None:
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
        assert self._request("POST", "/accounts/login/", urlencode(fields)).status == 302

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


@proof("crossed")
def test_crossed(cell: Cell, project: Path, services: dict[str, str], tmp_path: Path) -> None:
    """Two processes: Redis carries the message, memory does not and says so."""
    env = {**production(), **services}
    manage(project, "collectstatic", "--no-input", "--verbosity=0", env=env)
    manage(project, "migrate", "--verbosity=0", env=env)
    with ExitStack() as stack:
        ports, logs = [], []
        for number in ("1", "2"):
            port, log = free_port(), tmp_path / number
            command = production_command(project, port)
            stack.enter_context(running(logged(command, log), port, project, **env))
            ports.append(port)
            logs.append(log)
        alice, bob = (stack.enter_context(open_socket(port)) for port in ports)
        say(alice, "from one process")
        assert hear(alice)["message"] == "from one process"
        if cell.answers["layer"] == "redis":
            assert hear(bob)["message"] == "from one process"
            manage(project, "announce", "from a shell", env=env)
            assert [hear(client)["message"] for client in (alice, bob)] == ["from a shell"] * 2
            return
        wait_until(lambda: "CRITICAL" in logs[1].read_text(), "the second process warns")
        assert "in-memory" in logs[1].read_text()
        say(bob, "from the other")
        # It would have come first.
        assert hear(bob)["message"] == "from the other"
        assert "CRITICAL" not in logs[0].read_text()


@proof("seen")
def test_seen(cell: Cell, project: Path, services: dict[str, str]) -> None:
    """Two windows of a real browser talk, and its console stays empty."""
    env = {**production(), **services, "SECURE_SSL_REDIRECT": "False"}
    manage(project, "collectstatic", "--no-input", "--verbosity=0", env=env)
    manage(project, "migrate", "--verbosity=0", env=env)
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))

    port = free_port()
    with running(production_command(project, port), port, project, **env), chromium() as browser:
        pages = [browser.new_page(viewport={"width": 900, "height": 700}) for _ in range(2)]
        for page in pages:
            listen(page)
            page.goto(f"http://127.0.0.1:{port}/")
            expect(page.locator("#status")).to_have_attribute("data-state", "live")
        expect(pages[0].locator("#presence")).to_have_text("2 online")
        pages[0].get_by_role("textbox").fill("<b>Hello</b> 你好!")
        pages[0].get_by_role("textbox").press("Enter")
        for page in pages:
            expect(page.locator("#messages .text")).to_have_text("<b>Hello</b> 你好!")
        screenshots = report.stored() / "screenshots"
        screenshots.mkdir(parents=True, exist_ok=True)
        pages[1].screenshot(path=screenshots / f"{cell.answers['server']}.png")
        assert complaints == []
