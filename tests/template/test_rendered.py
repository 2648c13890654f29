"""Every combination renders to files that parse, hold no scar and pass the strictest checks."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.questions import Answers, combinations, flags, label
from tests.sources import check, contents, lint


@pytest.fixture(params=combinations(), ids=label)
def answers(request: pytest.FixtureRequest) -> Answers:
    chosen: Answers = request.param
    return chosen


def bake(cookies: Cookies, answers: Answers) -> Path:
    result = cookies.bake(extra_context=answers)
    assert result.exception is None
    assert result.exit_code == 0
    return Path(result.project_path)


def test_every_file_parses_and_is_clean(cookies: Cookies, answers: Answers) -> None:
    project = bake(cookies, answers)
    check(project)
    lint(project)


def test_two_renders_differ_in_the_secret_alone(cookies: Cookies, answers: Answers) -> None:
    first, second = bake(cookies, answers), bake(cookies, answers)
    assert contents(first) == contents(second)
    assert (first / ".env").read_bytes() != (second / ".env").read_bytes()


def test_command_line_makes_the_same_bytes(
    cookies: Cookies, answers: Answers, tmp_path: Path
) -> None:
    expected = bake(cookies, answers)
    subprocess.run(
        [sys.executable, "-m", "django_asgi_new", "mysite", "-o", tmp_path, *flags(answers)],
        check=True,
        capture_output=True,
    )
    assert contents(tmp_path / "mysite") == contents(expected)
    assert (tmp_path / "mysite/.env").is_file()


def test_secret_is_kept_out_of_git(cookies: Cookies) -> None:
    project = bake(cookies, {})
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=project, check=True, capture_output=True, text=True
    ).stdout.split()
    assert ".env" not in tracked
    assert ".env.example" in tracked
