"""Borderline names: what is accepted makes a project that works."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
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


# In children of a process that has imported Django for all of them, which takes longer than either.
TEST_AND_CHECK = """
import json, os, sys
import channels.generic.websocket, channels.middleware, channels.sessions, environs, websockets
import django.contrib.admin, django.contrib.staticfiles, django.core.handlers.asgi, django.test
import django.db.backends.sqlite3.base
import pytest

for line in sys.stdin:
    folder, *words = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        os.chdir(folder)
        import manage
        if code := pytest.main(words):
            sys.exit(code)
        sys.argv[1:] = ["check"]
        manage.main()
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def run_tests_and_check(
    environment_for: Callable[[str], Environment],
) -> Iterator[Callable[[Path, list[str]], int]]:
    """Return a function that runs some of a project's tests and a check, and returns a code."""
    command = [environment_for(DJANGO).python, "-W", "error", "-c", TEST_AND_CHECK]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        asked, answered = process.stdin, process.stdout

        def ask(project: Path, words: list[str]) -> int:
            print(json.dumps([str(project), *words]), file=asked, flush=True)
            return int(answered.readline())

        yield ask
        # It ends when there is nothing more to read.
        asked.close()


@pytest.mark.parametrize(("name", "app"), PAIRS)
def test_an_accepted_name_works(
    run_tests_and_check: Callable[[Path, list[str]], int], tmp_path: Path, name: str, app: str
) -> None:
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
    assert run_tests_and_check(project, ["-q", *one]) == 0


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
