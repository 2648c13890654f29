"""`manage.py serve` at its start, as a real process."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.environments import runnable
from tests.projects.clients import SECONDS, free_port, logged, running, wait_until
from tests.projects.servers import (
    by_server,
    copy,
    production,
    production_command,
    python,
    servers,
)
from tests.questions import Answers, each
from tests.rendering import write

# The projects that other tests use too.
FEW = runnable(each("server", "layer", "django"))


def refusal(project: Path, **environment: str) -> str:
    """Return the one sentence with which `serve` refuses to start."""
    done = subprocess.run(
        [python(project), "manage.py", "serve"],
        cwd=project,
        check=False,
        env={**os.environ, **production(project), **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_serve_refuses_in_one_sentence(
    make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(servers("memory")[0]), tmp_path)
    assert refusal(project, PORT="http") == (
        "CommandError: PORT (--port) must be a number between 1 and 65535, not 'http'.\n"
    )
    assert 'Environment variable "SECRET_KEY" not set' in refusal(project, SECRET_KEY="")
    shutil.rmtree(project / "staticfiles")
    assert refusal(project) == (
        "CommandError: The static files are missing. Run `manage.py collectstatic`.\n"
    )


@pytest.mark.parametrize("answers", FEW, ids=by_server)
def test_serve_starts_with_warnings(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    """From another folder, at an IPv6 address, without migrations and with too many workers."""
    project = copy(make_project(answers), tmp_path)
    # The environment for Redis has all that the in-memory layer needs.
    write({**answers, "layer": "memory"}, project)
    port, log = free_port(), tmp_path / "log"
    command = [python(project), str(project / "manage.py"), "serve", "--host=::1"]
    environment = {**production(project), "PORT": str(port), "WEB_CONCURRENCY": "2"}
    with running(logged(command, log), port, tmp_path, "::1", **environment):
        said = log.read_text()
        assert "Starting 1 process instead of 2: the in-memory channel layer reaches one" in said
        assert "unapplied migration(s). Run `manage.py migrate`." in said


def test_serve_starts_without_its_database(
    make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(servers("memory")[0]), tmp_path)
    port, log = free_port(), tmp_path / "log"
    variables = {**production(project), "DATABASE_URL": "sqlite:////nowhere/db.sqlite3"}
    with running(logged(production_command(project, port), log), port, project, **variables):
        wait_until(lambda: "The database does not answer" in log.read_text(), "a warning")
