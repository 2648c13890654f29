"""The subjects of a run: a generated project and its peers, each as a server process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server

PEERS = Path(__file__).parent / "peers"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
CORES = sorted(os.sched_getaffinity(0))
START_SECONDS = 30
# Users of each project, who are logged in.
USERS = 100


def free_port() -> int:
    """Return a port that is free at the moment."""
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Project:
    """An installed project, with its users' session keys by primary key."""

    folder: Path
    sessions: dict[str, str]

    @property
    def python(self) -> str:
        """The project's own Python."""
        return str(self.folder / ".venv/bin/python")


@dataclass
class Server:
    """A server process with its children."""

    port: int
    process: subprocess.Popen[bytes]
    sessions: dict[str, str]

    def pids(self) -> list[int]:
        """Return the process and all its descendants."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                # A thread may end at any time.
                with suppress(OSError):
                    found += map(int, task.read_text().split())
        return found

    def cpu(self) -> float:
        """Return the processor time used so far, in seconds."""
        fields = [
            Path(f"/proc/{pid}/stat").read_text().split(") ")[1].split() for pid in self.pids()
        ]
        return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS

    def memory(self) -> int:
        """Return the resident memory, in bytes."""
        return PAGE * sum(
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids()
        )


class Workshop:
    """Creates projects in a folder, and runs them and their peers."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        self._redis_url = redis_url
        self._projects: dict[str, Project] = {}

    def project(self, server: str, layer: str) -> Project:
        """Return a project of the default options but these, ready to be served."""
        key = f"{server}-{layer}"
        if key not in self._projects:
            command = [sys.executable, "-m", "django_asgi_new", "mysite", "--install"]
            options = ["-o", str(self.folder / key), "--server", server, "--layer", layer]
            (self.folder / key).mkdir()
            subprocess.run([*command, *options], check=True, capture_output=True)
            project = Project(self.folder / key / "mysite", {})
            prepared = subprocess.run(
                [project.python, "-m", "prepare", str(USERS)],
                cwd=project.folder,
                env=self._environment("project"),
                check=True,
                stdout=subprocess.PIPE,
            )
            project.sessions = json.loads(prepared.stdout)
            self._projects[key] = project
        return self._projects[key]

    def python_version(self) -> str:
        """Return the version of Python that projects run on."""
        command = [self.project("uvicorn", "memory").python, "--version"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]

    def node(self) -> Path | None:
        """Return the folder of the Node peer, or None if Node is not installed."""
        if shutil.which("npm") is None:
            return None
        folder = self.folder / "node"
        if not folder.exists():
            folder.mkdir()
            shutil.copy(PEERS / "ws.js", folder)
            subprocess.run(
                ["npm", "install", "--silent", "ws@8", "bufferutil"], cwd=folder, check=True
            )
        return folder

    @contextmanager
    def run(self, subject: str, server: str, layer: str) -> Iterator[Server]:
        """Run a subject on the first core until the block ends.

        Args:
            subject: The name of a module in peers/settings, or "node".
            server: The ASGI server.
            layer: The channel layer.
        """
        port = free_port()
        project = self.project(server, layer)
        if subject == "node":
            command, folder = ["node", "ws.js", str(port)], self.node()
        else:
            serve = ["manage.py", "serve", "--port", str(port), "--workers", "1"]
            command, folder = [project.python, *serve], project.folder
        with (self.folder / "server.log").open("wb") as log, pinned(CORES[0]):
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=self._environment(subject),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until_up(port, process)
            yield Server(port, process, project.sessions)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _environment(self, subject: str) -> dict[str, str]:
        """Return the environment variables of a subject."""
        return {
            **os.environ,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": f"settings.{subject}",
            "PYTHONPATH": str(PEERS),
            "DEBUG": "False",
            "HOST": "127.0.0.1",
            "LOG_LEVEL": "ERROR",
            "REDIS_URL": self._redis_url,
            "SECRET_KEY": "for-benchmarks-only",
            "SECURE_SSL_REDIRECT": "False",
            # The bare application does not configure logging, and would log every connection.
            "UVICORN_LOG_LEVEL": "error",
            # All clients are on one network.
            "WS_BYTES_PER_SECOND": "1000000000",
            "WS_MAX_CONNECTIONS": "100000",
            "WS_MAX_CONNECTIONS_PER_NETWORK": "100000",
            "WS_MESSAGES_PER_SECOND": "1000000",
        }


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Restrict this process, and those that it starts, to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers HTTP."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"a server did not start: {process.args!r}") from None
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()


@contextmanager
def workshop(redis_url: str) -> Iterator[Workshop]:
    """Create a workshop in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        yield Workshop(Path(folder), redis_url)
