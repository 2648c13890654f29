"""Borderline names: what is accepted makes a project that works."""

import subprocess
import sys
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from tests.environments import Environment, runnable
from tests.names import GOOD_APPS, GOOD_NAMES
from tests.questions import Answers, usual
from tests.rendering import render, write
from tests.sources import contents

DJANGO = str(runnable(usual())[0]["django"])


# Every name is tried, and every app, which are fewer.
PAIRS = list(zip(GOOD_NAMES, cycle(GOOD_APPS), strict=False))


def output(folder: Path, *command: str) -> str:
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_every_app_is_tried() -> None:
    assert {app for _, app in PAIRS} == set(GOOD_APPS)


# In one process, since starting Django takes longer than either.
TEST_AND_CHECK = """
import sys, manage, pytest
if code := pytest.main(sys.argv[1:]):
    sys.exit(code)
sys.argv[1:] = ["check"]
manage.main()
"""


@pytest.mark.parametrize(("name", "app"), PAIRS)
def test_an_accepted_name_works(
    environment_for: Callable[[str], Environment], tmp_path: Path, name: str, app: str
) -> None:
    made = environment_for(DJANGO)
    project = tmp_path / name.replace(" ", "-")
    write({"project_name": name, "app": app, "django": DJANGO}, project)
    files = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    listed = output(project, "git", "ls-files")
    assert set(listed.splitlines()) == files - {".env"}
    seen = output(project, sys.executable, "-m", "ruff", "check", "--show-files")
    python = {
        str(project / path) for path in files if path.endswith(".py") and "/migrations/" not in path
    }
    assert python <= set(seen.splitlines())
    # Of the project's tests, the one that needs its routes, its consumer and its channel layer.
    one = [app + "/tests/test_consumers.py", "-k", "message_reaches_everyone"]
    command = [made.python, "-W", "error", "-c", TEST_AND_CHECK, "-q", *one]
    subprocess.run(command, cwd=project, check=True)


# Each app once, and every way to write a name: the first names of the list.
@pytest.mark.parametrize(("name", "app"), PAIRS[: len(GOOD_APPS)])
def test_cookiecutter_accepts_the_same_name(tmp_path: Path, name: str, app: str) -> None:
    answers: Answers = {"project_name": name, "app": app, "django": DJANGO}
    write(answers, project := tmp_path / name.replace(" ", "-"))
    by_hook = render(answers, tmp_path / "hook")
    assert by_hook.name == project.name
    assert contents(by_hook) == contents(project)


def test_the_command_gives_git_the_whole_project(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "django_asgi_new", "My Site 2", "--app=my_app"]
    subprocess.run([*command, "--git", "-q"], cwd=tmp_path, check=True)
    project = tmp_path / "My-Site-2"
    write({"project_name": "My Site 2", "app": "my_app"}, expected := tmp_path / "expected")
    listed = output(project, "git", "ls-files").splitlines()
    assert set(listed) == contents(expected).keys() - {".env"}


def test_git_leaves_out_what_is_private(tmp_path: Path) -> None:
    project = render({}, tmp_path)
    names = [".env", ".env.local", "mysite.env", "db.sqlite3-wal", "backup.sql", "mysite.dump"]
    command = ["git", "check-ignore", "--no-index", *names, ".env.example"]
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    assert done.stdout.split() == names
