"""Generated projects on their production servers, with code that a test adds to them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.environments import runnable
from tests.projects.clients import free_port, logged, running
from tests.questions import Answers, usual

# For clients that send more than a project allows by default.
FAST = {"WS_BYTES_PER_SECOND": "100000000", "WS_MESSAGES_PER_SECOND": "10000"}


def servers(layer: str) -> list[Answers]:
    """Return the first combination for each server that this machine can run without services."""
    found: dict[str | bool, Answers] = {}
    for answers in runnable(usual()):
        if (answers["layer"], answers["database"]) == (layer, "sqlite"):
            found.setdefault(answers["server"], answers)
    return list(found.values())


def by_server(answers: Answers) -> str:
    """Return a test's name."""
    return str(answers["server"])


def python(project: Path) -> str:
    return str(project / ".venv/bin/python")


def production_command(project: Path, port: int, host: str = "127.0.0.1") -> list[str]:
    """Return the command that serves a project in production."""
    return [python(project), "manage.py", "serve", f"--host={host}", f"--port={port}"]


def manage(project: Path, *command: str, **environment: str) -> str:
    """Run a management command in production and return all it said."""
    return subprocess.run(
        [python(project), "manage.py", *command],
        cwd=project,
        check=True,
        env={**os.environ, **production(project), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def copy(
    project: Path,
    folder: Path,
    *,
    consumer: str = "",
    urls: str = "",
    constants: Mapping[str, str] | None = None,
) -> Path:
    """Copy a project; the environment is shared.

    Args:
        project: The project.
        folder: The folder for the copy.
        consumer: Code to add to its consumer.
        urls: Code to add to its URLs.
        constants: New values by definition, such as `{"STALL_SECONDS = 10": "1"}`. It has the
            default value, so a test that relies on one fails when the project changes it.
    """
    target = folder / project.name
    shutil.copytree(project, target, ignore=shutil.ignore_patterns(".venv"))
    (target / ".venv").symlink_to(project / ".venv")
    for file, code in ((target / "index/consumers.py", consumer), (target / "index/urls.py", urls)):
        file.write_text(file.read_text() + code)
    for definition, value in (constants or {}).items():
        name, equals, _ = definition.partition(" = ")
        line = re.compile(rf"^{re.escape(definition)}$", re.MULTILINE)
        (file,) = [path for path in target.rglob("*.py") if line.search(path.read_text())]
        file.write_text(line.sub(f"{name}{equals}{value}", file.read_text()))
    return target


def production(project: Path) -> dict[str, str]:
    """Return an environment in which requests by plain HTTP are answered."""
    return {
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{project}/db.sqlite3",
        "DEBUG": "False",
        "EMAIL_URL": "smtp://127.0.0.1",
        "SECRET_KEY": "x" * 20 + "production-only" * 3,
        "SECURE_SSL_REDIRECT": "False",
    }


@dataclass(frozen=True)
class Server:
    """A project on its server."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    host: str

    def said(self) -> str:
        return self.log.read_text()

    def processes(self) -> list[Path]:
        """Return what the system tells about the server's process and its workers."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.getpgid(int(folder.name)) == self.process.pid:
                    found.append(folder)
        return found

    def peak_megabytes(self) -> float:
        """Return the most memory that the server has used so far."""
        status = "".join((process / "status").read_text() for process in self.processes())
        return sum(int(kilobytes) for kilobytes in re.findall(r"VmHWM:\s+(\d+)", status)) / 1024

    def open_files(self) -> list[str]:
        files = []
        for process in self.processes():
            for file in (process / "fd").iterdir():
                with suppress(OSError):
                    files.append(str(file.readlink()))
        return files


def serving(project: Path, *options: str, **environment: str) -> AbstractContextManager[Server]:
    """Run a project in production."""
    return serving_at("127.0.0.1", free_port(), project, *options, **environment)


@contextmanager
def serving_at(
    host: str, port: int, project: Path, *options: str, **environment: str
) -> Iterator[Server]:
    """Do so at an address and a port."""
    log = project.with_name(f"{host}-{port}.log")
    command = logged([*production_command(project, port, host), "--", *options], log)
    variables = {**production(project), **environment}
    with running(command, port, project, host, **variables) as process:
        yield Server(process, port, log, host)
