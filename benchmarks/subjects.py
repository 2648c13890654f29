"""What is measured: a generated project and its peers, each as a server process."""

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
# The ASGI application and the settings of each subject in Python.
PYTHON = {
    "project": ("mysite.asgi", "mysite.settings"),
    "core": ("mysite.asgi", "core"),
    "tutorial": ("tutorial", "mysite.settings"),
    "bare": ("bare", "mysite.settings"),
}


def free_port() -> int:
    """Return a port that the system has just had free."""
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A server process with its children."""

    port: int
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """Return the process and all its descendants."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                # A thread may end meanwhile.
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
    """Makes projects, and runs them and their peers, in a folder that goes with it."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder."""
        self.folder = folder
        self._made: dict[str, Path] = {}

    def project(self, server: str, layer: str) -> Path:
        """Return the folder of an installed project of the default options but these."""
        key = f"{server}-{layer}"
        if key not in self._made:
            command = [sys.executable, "-m", "django_asgi_new", "mysite", "--quiet"]
            options = ["-o", str(self.folder / key), "--server", server, "--layer", layer]
            (self.folder / key).mkdir()
            subprocess.run([*command[:-1], *options, "--install"], check=True)
            self._made[key] = self.folder / key / "mysite"
        return self._made[key]

    def node(self) -> Path | None:
        """Return the folder with the Node peer; nothing where Node is missing."""
        if shutil.which("npm") is None:
            return None
        if "node" not in self._made:
            folder = self.folder / "node"
            folder.mkdir()
            shutil.copy(PEERS / "ws.js", folder)
            subprocess.run(
                ["npm", "install", "--silent", "ws@8", "bufferutil"], cwd=folder, check=True
            )
            self._made["node"] = folder
        return self._made["node"]

    @contextmanager
    def run(self, subject: str, server: str, layer: str, redis_url: str) -> Iterator[Server]:
        """Run a subject on the first core until the block ends.

        Args:
            subject: one of PYTHON, or "node".
            server: the ASGI server.
            layer: the channel layer.
            redis_url: where Redis is, for the layer that needs it.
        """
        port = free_port()
        project = self.project(server, layer)
        if subject == "node":
            command, folder, settings = ["node", "ws.js", str(port)], self.node(), ""
        else:
            application, settings = PYTHON[subject]
            command, folder = production_command(project, port, application), project
        environment = {
            **os.environ,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONPATH": str(PEERS),
            "DEBUG": "False",
            "LOG_LEVEL": "ERROR",
            "REDIS_URL": redis_url,
            "SECRET_KEY": "for-benchmarks-only",
            "SECURE_SSL_REDIRECT": "False",
            "WS_MAX_CONNECTIONS": "100000",
            "WS_MESSAGES_PER_SECOND": "1000000",
        }
        with (self.folder / "server.log").open("wb") as log, pinned(CORES[0]):
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_until_up(port, process)
            yield Server(port, process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def production_command(project: Path, port: int, application: str) -> list[str]:
    """Return the server's command line as the project's README has it, for an application."""
    readme = (project / "README.md").read_text().replace("\\\n", "")
    (line,) = [
        line for line in readme.splitlines() if line.startswith("uv run") and ".asgi:" in line
    ]
    line = line.removeprefix("uv run --no-dev ").replace("mysite.asgi:", f"{application}:")
    line = line.replace("0.0.0.0", "127.0.0.1").replace("8000", str(port))  # noqa: S104
    return [str(project / ".venv/bin/python"), "-m", *line.split()]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Let what is started in the block run on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when a server answers HTTP."""
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
def workshop() -> Iterator[Workshop]:
    """Make a workshop in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        yield Workshop(Path(folder))
