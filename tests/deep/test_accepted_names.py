"""Borderline names: what is accepted makes a project that works."""

import subprocess
import sys
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from tests.environments import Environment, runnable
from tests.names import GOOD_APPS, GOOD_NAMES
from tests.questions import usual
from tests.rendering import render
from tests.sources import contents

DJANGO = str(runnable(usual())[0]["django"])


# Every name is tried, and every app, which are fewer.
PAIRS = list(zip(GOOD_NAMES, cycle(GOOD_APPS), strict=False))


def test_every_app_is_tried() -> None:
    assert {app for _, app in PAIRS} == set(GOOD_APPS)


@pytest.mark.parametrize(("name", "app"), PAIRS)
def test_an_accepted_name_works(
    environment_for: Callable[[str], Environment], tmp_path: Path, name: str, app: str
) -> None:
    made = environment_for(DJANGO)
    by_hook = render({"project_name": name, "app": app, "django": DJANGO}, tmp_path / "hook")
    command = [sys.executable, "-m", "django_asgi_new", name, "--app", app, "--django", DJANGO]
    subprocess.run([*command, "--git", "-q"], cwd=tmp_path, check=True)
    project = tmp_path / name.replace(" ", "-")
    files = {
        path: content for path, content in contents(project).items() if not path.startswith(".git/")
    }
    assert files == contents(by_hook)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=project, check=True, capture_output=True, text=True
    ).stdout
    assert set(listed.splitlines()) == set(files)
    seen = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    python = {
        str(project / path) for path in files if path.endswith(".py") and "/migrations/" not in path
    }
    assert python <= set(seen.splitlines())
    # Of the project's tests, the one that needs its routes, its consumer and its channel layer.
    one = [app + "/tests/test_consumers.py", "-k", "message_reaches_everyone"]
    for arguments in (["-W", "error", "manage.py", "check"], ["-m", "pytest", "-q", *one]):
        subprocess.run([made.python, *arguments], cwd=project, check=True)


def test_git_leaves_out_what_is_private(tmp_path: Path) -> None:
    project = render({}, tmp_path)
    names = [".env", ".env.local", "mysite.env", "db.sqlite3-wal", "backup.sql", "mysite.dump"]
    command = ["git", "check-ignore", "--no-index", *names, ".env.example"]
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    assert done.stdout.split() == names
