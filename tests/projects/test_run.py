"""`--run`: from nothing to a live page in one command, and back to nothing at Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import IO

import pytest

from tests.cli.command import shrunk
from tests.environments import runnable
from tests.projects.clients import SECONDS, free_port, hear, is_up, open_socket, say, wait_until
from tests.questions import ROOT, Answers, flags, label, usual

COMMAND = [sys.executable, "-m", "django_asgi_new", "mysite"]
# A server that listens only when there are two, so that both runs have chosen a port before.
MANAGE = """
import sys, time
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

if sys.argv[1] == "runserver":
    host, _, port = sys.argv[2].rpartition(":")
    project = Path(__file__).parent
    (project / "running").touch()
    while len([*project.parents[1].glob("*/mysite/running")]) < 2:
        time.sleep(0.01)
    HTTPServer((host, int(port)), SimpleHTTPRequestHandler).serve_forever()
"""


def of(root: Path) -> dict[str, str]:
    """Return the environment variables with which the command of a repository is run."""
    return {"PYTHONPATH": str(root / "generator")}


@contextmanager
def started(
    folder: Path,
    *options: str,
    browser: str = "",
    root: Path = ROOT,
    stderr: int | IO[str] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "--output-dir", str(folder), "--run", *options],
        env={
            **os.environ,
            **of(root),
            # Where nothing listens, so that an embedded Valkey has to.
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
            "BROWSER": browser,
        },
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    try:
        yield process
    finally:
        # Never killed: it has to stop what it started, also when a test has failed.
        process.terminate()
        process.communicate(timeout=SECONDS)


# The first one on each layer, without a database that has to be there.
LAYERS = {
    answers["layer"]: answers
    for answers in reversed(runnable(usual()))
    if answers["database"] == "sqlite"
}


# The signals that end the command, and its exit codes.
ENDS = (("SIGINT", 0), ("SIGTERM", 143))


@pytest.mark.parametrize(
    ("answers", "name", "code"),
    [
        pytest.param(answers, *end, id=f"{label(answers)}-{end[0]}")
        for answers, end in zip(LAYERS.values(), cycle(ENDS), strict=False)
    ],
)
def test_run_serves_until_it_is_stopped(
    tmp_path: Path, answers: Answers, name: str, code: int
) -> None:
    port = free_port()
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    options = [f"--port={port}", "--open", *flags(answers)]
    with (
        (tmp_path / "stderr").open("w+") as stderr,
        started(tmp_path, *options, browser=f"{browser} %s", stderr=stderr) as process,
    ):
        assert process.stdout
        # Printed when the page answers, and not before.
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/\n"
        with open_socket(port) as alice, open_socket(port) as bob:
            say(alice, "live")
            assert hear(bob)["message"] == "live"
        wait_until(opened.is_file, "the browser is started")
        assert opened.read_text() == f"http://127.0.0.1:{port}/\n"
        process.send_signal(signal.Signals[name])
        assert process.wait(timeout=SECONDS) == code
        wait_until(lambda: not is_up(port), "the server is gone")
        stderr.seek(0)
        said = stderr.read()
        live, _, _ = said.partition("Stopped.")
        assert f"http://127.0.0.1:{port}" not in live
        assert len(re.findall("ctrl.{1,3}c", live, re.IGNORECASE)) == 1


def test_install_notes_the_versions(make_project: Callable[[Answers], Path]) -> None:
    lock = (make_project(runnable(usual())[0]) / "uv.lock").read_text()
    assert '\nname = "django"\n' in lock


def test_two_runs_take_two_ports(tmp_path: Path) -> None:
    root = shrunk(tmp_path, MANAGE)
    addresses = []
    with ExitStack() as runs:
        processes = [
            runs.enter_context(started(tmp_path / number, "--django=5.2", root=root))
            for number in ("1", "2")
        ]
        for process in processes:
            assert process.stdout
            addresses.append(process.stdout.readline())
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    assert addresses[0] != addresses[1]


def test_run_without_its_database_keeps_the_project(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answers = next(a for a in runnable(usual()) if a["database"] == "postgres")
    root = shrunk(tmp_path, "")
    done = subprocess.run(
        [*COMMAND, "--output-dir", str(tmp_path), "--run", *flags(answers)],
        env={
            **os.environ,
            **of(root),
            "DATABASE_URL": f"postgres://user:secret@127.0.0.1:{port}/none",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5
    assert f"PostgreSQL does not answer at 127.0.0.1:{port}, the address in DATABASE_URL." in (
        done.stderr
    )
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "mysite/manage.py").is_file()
