"""The files for containers, read by the tools that they are for."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.containers import command, context, environment, stages
from tests.deep.proxies import (
    ADDRESSES,
    CADDY,
    NameServer,
    caddyfile,
    replaced,
    require_addresses,
)
from tests.projects.clients import SECONDS, free_port, get, wait_until
from tests.questions import QUESTIONS, Answers, label, usual
from tests.rendering import write

DEV = ("-f", "compose.yaml", "-f", "compose.dev.yaml")
SECRET = re.compile(r"secret|password|token|key|://[^/\s]*@", re.IGNORECASE)


def shaped() -> list[Answers]:
    """Return every combination that shapes these files."""
    django = QUESTIONS["django"][0]
    return [{**answers, "docker": True} for answers in usual() if answers["django"] == django]


@pytest.fixture(params=shaped(), ids=label)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write(request.param, made := tmp_path / "mysite")
    return made


@cache
def compose() -> str:
    """Return where Compose is: in a Python package for Linux on x86-64, or on the machine."""
    package = find_spec("compose")
    # The package's own command forgets the exit code.
    inside = (
        Path(package.origin).with_name("docker-compose") if package and package.origin else None
    )
    path = str(inside) if inside else shutil.which("docker-compose")
    if path is None and "CI" not in os.environ:
        pytest.skip("needs docker-compose, for which there is no wheel for this machine")
    assert path
    return path


def loaded(project: Path, *options: str) -> dict[str, Any]:
    """Return what the real Compose understands."""
    text = subprocess.run(
        [compose(), *options, "config", "--format", "json"],
        cwd=project,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    services: dict[str, Any] = json.loads(text)["services"]
    return services


def test_without_containers_nothing_speaks_of_them(tmp_path: Path) -> None:
    write({"docker": False, "database": "postgres"}, project := tmp_path / "mysite")
    texts = [path.read_text() for path in project.glob("*") if path.is_file()]
    answers = (project / "pyproject.toml").read_text()
    assert "docker = false" in answers
    for word in ("compose", "Dockerfile", "Caddy", "POSTGRES_PASSWORD"):
        assert not any(word in text for text in texts)
        assert not list(project.glob(f"*{word}*"))


def test_command_is_that_of_the_documentation(project: Path) -> None:
    assert command(project) == ["python", "manage.py", "serve"]
    production = (project / "docs/production.md").read_text()
    assert f"\nuv run --no-dev {' '.join(command(project)[1:])}\n" in production


def test_no_secret_stays_in_a_layer(project: Path) -> None:
    for stage in stages(project):
        for keyword in ("ENV", "ARG", "LABEL"):
            assert not any(SECRET.search(text) for text in stage.all(keyword))
    secrets = re.findall(r"(?:KEY|PASSWORD)=(\w+)", (project / ".env").read_text())
    files = [path for path in project.rglob("*") if path.is_file() and path.name != ".env"]
    assert secrets
    assert not any(secret in path.read_text() for secret in secrets for path in files)


def test_build_gets_what_it_copies_and_no_more(project: Path, tmp_path: Path) -> None:
    private = {"db.sqlite3", "db.sqlite3-wal", "mysite.env", ".env.local", "backup.sql", "my.dump"}
    for name in private:
        (project / name).touch()
        (project / "index" / name).touch()
    (project / "index/__pycache__").mkdir()
    (project / "index/__pycache__/views.pyc").touch()
    made = context(project, tmp_path / "context")
    # Deeper down, SQL may be code.
    kept = {path.name for path in made.rglob("*") if path.name in private}
    assert kept == {"backup.sql", "my.dump"}
    for stage in stages(project):
        for copied in stage.all("COPY"):
            *sources, _ = copied.split()
            if not sources[0].startswith("--from="):
                assert all(
                    list(made.glob(source)) for source in sources if source not in {".", "uv.lock*"}
                )
    code = {path.name for path in project.iterdir() if (path / "__init__.py").exists()} - {"tests"}
    left = {path.name for path in made.iterdir()}
    assert left == code | {"Caddyfile", "manage.py", "pyproject.toml"}
    assert not list(made.rglob("*.pyc"))


def test_compose_understands(project: Path) -> None:
    services = loaded(project)
    ours = {"proxy", "web", "migrate"}
    assert [name for name in services if "ports" in services[name]] == ["proxy"]
    for service in services.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["mem_limit"]) > 0
        assert service["pids_limit"] > 0
    for name in ours:
        assert services[name]["stop_grace_period"] == "20s"
        assert "DEBUG" not in services[name]["environment"]
    assert services["web"]["environment"] == services["migrate"]["environment"]
    # What Compose resolves and what the test that runs the image resolves is the same.
    assert services["web"]["environment"] == environment(project, "web")
    assert services["web"]["deploy"]["replicas"] == (2 if "redis" in services else 1)
    for name in set(services) - ours:
        assert services[name]["healthcheck"]["test"]
        assert services[name]["user"]
    targets = {
        name: service["build"]["target"] for name, service in services.items() if "build" in service
    }
    assert targets == {"proxy": "proxy", "web": "web", "migrate": "web"}
    assert set(targets.values()) <= {stage.name for stage in stages(project)}

    development = loaded(project, *DEV)
    assert set(services) - set(development) == {"proxy"}
    (port,) = development["web"]["ports"]
    assert (port["host_ip"], port["published"]) == ("127.0.0.1", "8000")
    assert development["web"]["deploy"]["replicas"] == 1
    assert development["web"]["environment"]["DEBUG"] == "True"
    assert not development["web"].get("read_only")


def test_compose_names_what_is_missing(project: Path) -> None:
    environment_file = project / ".env"
    lines = environment_file.read_text().splitlines()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        left = [line for line in lines if not line.startswith(f"{name}=")]
        if left == lines:
            continue
        environment_file.write_text("\n".join(left))
        done = subprocess.run(
            [compose(), "config", "--quiet"],
            cwd=project,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode
        assert f"Set {name} in .env" in done.stderr


@pytest.fixture
def with_proxy(tmp_path: Path) -> Path:
    write({"docker": True}, made := tmp_path / "mysite")
    return made


@contextmanager
def proxy(project: Path, static: Path, names: NameServer, upstream: int) -> Iterator[int]:
    """Run the proxy without TLS."""
    port = free_port()
    variables = {"DOMAIN": f"http://127.0.0.1:{port}", "HOME": str(static.parent)}
    file = project.with_name("Caddyfile")
    file.write_text(caddyfile(project, static, upstream, names))
    process = subprocess.Popen([CADDY, "run", "--config", file], env=variables)
    try:
        wait_until(answers(port), "an answer of the proxy")
        yield port
        process.terminate()
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()


class Page(BaseHTTPRequestHandler):
    """Says at which address it is, to who sends a whole request."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if len(self.rfile.read(length)) < length:
            self.close_connection = True
            return
        text = self.connection.getsockname()[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self) -> None:
        self.do_GET()


@contextmanager
def process_at(address: str, port: int) -> Iterator[None]:
    with ThreadingHTTPServer((address, port), Page) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield
        finally:
            server.shutdown()


def answers(port: int) -> Callable[[], bool]:
    def asked() -> bool:
        try:
            return get(port, "/metrics")[0] == 404
        except OSError:
            return False

    return asked


def test_caddy_understands_its_file(with_proxy: Path) -> None:
    file = with_proxy / "Caddyfile"
    subprocess.run([CADDY, "validate", "--config", file], check=True)
    formatted = subprocess.run([CADDY, "fmt", file], check=False, stdout=subprocess.PIPE)
    assert formatted.stdout.decode() == file.read_text()


def test_image_has_the_release_that_is_tested(with_proxy: Path) -> None:
    version = subprocess.run([CADDY, "version"], check=True, stdout=subprocess.PIPE).stdout
    major, minor, _ = version.decode().removeprefix("v").split(".", 2)
    assert f"\nFROM caddy:{major}.{minor} AS proxy\n" in (with_proxy / "Dockerfile").read_text()


def test_proxy_keeps_static_files_as_long_as_their_names_say(
    with_proxy: Path, tmp_path: Path
) -> None:
    static = tmp_path / "static files"
    (static / "site").mkdir(parents=True)
    for name in (
        "site.css",
        "site.0123456789ab.css",
        "LICENSE.0123456789ab",
        "logo.0123456789.svg",
    ):
        (static / "site" / name).write_text("plain")
    long, short = "public, max-age=31536000, immutable", "public, max-age=60"
    with NameServer() as names, proxy(with_proxy, static, names, free_port()) as port:
        for name, expected in {
            "site.css": short,
            "site.0123456789ab.css": long,
            "LICENSE.0123456789ab": long,
            "logo.0123456789.svg": short,
        }.items():
            status, headers, text = get(port, f"/static/site/{name}")
            assert (status, text) == (200, "plain")
            assert headers["cache-control"] == expected
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-resource-policy"] == "same-origin"
        # A browser that asks too early, while a new version is brought up, must ask again.
        status, headers, _ = get(port, "/static/site/site.ba9876543210.css")
        assert status == 404
        assert "cache-control" not in headers
        for path in ("/metrics", "/metrics/", "//metrics", "/static/../metrics"):
            assert get(port, path)[0] != 200


def test_proxy_serves_uploads_that_run_no_scripts(with_proxy: Path, tmp_path: Path) -> None:
    media = tmp_path / "media files"
    media.mkdir()
    for name in ("photo.png", "page.html", "drawing.svg", "unnamed"):
        (media / name).write_text("<html><script>alert(1)</script>")
    file = with_proxy / "Caddyfile"
    file.write_text(replaced(file.read_text(), {"* /srv/media": f'* "{media}"'}))
    with NameServer() as names, proxy(with_proxy, tmp_path, names, free_port()) as port:
        for name in ("photo.png", "page.html", "drawing.svg", "unnamed"):
            status, headers, _ = get(port, f"/media/{name}")
            assert status == 200
            assert headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert headers["x-content-type-options"] == "nosniff"
            shown = headers.get("content-disposition") != "attachment"
            assert shown == (name == "photo.png")
        assert get(port, "/media/")[0] == 404


def test_proxy_waits_for_a_process_that_is_replaced(with_proxy: Path, tmp_path: Path) -> None:
    require_addresses()
    first, second = ADDRESSES
    upstream = free_port()
    with (
        NameServer(first) as names,
        proxy(with_proxy, tmp_path, names, upstream) as port,
        ThreadPoolExecutor() as pool,
    ):
        with process_at(first, upstream):
            assert get(port, "/")[2] == first
        # The former one is gone, and the new one is not there yet.
        waiting = pool.submit(get, port, "/")
        assert not wait([waiting], timeout=1).done
        names.lead_to(second)
        with process_at(second, upstream):
            assert waiting.result(SECONDS)[2] == second
            assert get(port, "/")[2] == second


@pytest.mark.parametrize("too_large", [False, True], ids=["half", "too large"])
def test_who_sends_a_bad_request_shuts_nobody_out(
    with_proxy: Path, tmp_path: Path, *, too_large: bool
) -> None:
    upstream = free_port()
    file = with_proxy / "Caddyfile"
    # Who is shut out is told so at once.
    file.write_text(replaced(file.read_text(), {"lb_try_duration 15s": "lb_try_duration 1ms"}))
    with (
        NameServer(ADDRESSES[0]) as names,
        proxy(with_proxy, tmp_path, names, upstream) as port,
        process_at(ADDRESSES[0], upstream),
    ):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client,
            # The proxy reads no further than it has to.
            suppress(ConnectionError),
        ):
            client.sendall(
                b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                b"Content-Length: 6000000\r\n\r\n" + b"x" * (6_000_000 if too_large else 10)
            )
            client.shutdown(socket.SHUT_WR)
            while client.recv(65_536):
                pass
        assert get(port, "/")[0] == 200


def test_proxy_ends_a_request_that_does_not_arrive(with_proxy: Path, tmp_path: Path) -> None:
    """The process is rid of it; the client, which neither goes on nor hangs up, has the proxy."""
    file = with_proxy / "Caddyfile"
    file.write_text(replaced(file.read_text(), {"read_body 60s": "read_body 1s"}))
    with (
        NameServer(ADDRESSES[0]) as names,
        socket.create_server((ADDRESSES[0], 0)) as process,
        proxy(with_proxy, tmp_path, names, process.getsockname()[1]) as port,
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhalf")
        process.settimeout(SECONDS)
        taken, _ = process.accept()
        with taken:
            taken.settimeout(SECONDS)
            while taken.recv(65_536):
                pass
