"""Every combination renders to files that parse, hold no scar and pass the strictest checks."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.cli.command import run
from tests.questions import QUESTIONS, Answers, choices, combinations, flags, label, usual
from tests.sources import check, contents, lint

RECORDS = ("docs/production.md", "pyproject.toml")
# Something else than the default, for what takes any text.
OTHER_TEXTS = {
    "project_name": "other",
    "project_slug": "other",
    "app": "chat",
    "language": "de",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture(params=usual(), ids=label)
def answers(request: pytest.FixtureRequest) -> Answers:
    chosen: Answers = request.param
    return chosen


def bake(cookies: Cookies, answers: Answers) -> Path:
    result = cookies.bake(extra_context=answers)
    assert result.exception is None
    assert result.exit_code == 0
    return Path(result.project_path)


@pytest.mark.parametrize("answers", combinations(), ids=label)
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


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_shapes_the_project(cookies: Cookies, question: str) -> None:
    values = choices(QUESTIONS[question])
    answers: list[Answers] = (
        [{question: value} for value in values]
        if values
        else [{}, {question: OTHER_TEXTS[question]}]
    )
    made = []
    for chosen in answers:
        files = contents(bake(cookies, chosen))
        # Both record the answers, whatever they are good for.
        made.append({name: files[name] for name in files if name not in RECORDS})
    assert all(first != second for first, second in pairwise(made))


def test_documents_are_short_and_the_package_small(cookies: Cookies, answers: Answers) -> None:
    project = bake(cookies, answers)
    assert len((project / "README.md").read_text().splitlines()) <= 80
    assert len((project / "AGENTS.md").read_text().splitlines()) <= 60
    package = {file.name for file in (project / "mysite").iterdir()}
    assert package == {"__init__.py", "asgi.py", "routing.py", "settings.py", "urls.py"}


@pytest.mark.parametrize("umask", [0, 0o22, 0o77])
def test_only_the_owner_reads_the_secret(cookies: Cookies, here: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        made = bake(cookies, {})
        assert run(here, "mysite").returncode == 0
    finally:
        os.umask(before)
    for project in (made, here / "mysite"):
        assert oct((project / ".env").stat().st_mode & 0o777) == "0o600"


def test_secret_is_kept_out_of_git(cookies: Cookies) -> None:
    project = bake(cookies, {})
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=project, check=True, capture_output=True, text=True
    ).stdout.split()
    assert ".env" not in tracked
    assert ".env.example" in tracked
