"""Every combination renders to files that parse, hold no scar and pass the strictest checks."""

import os
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.cli.command import run
from tests.compiling import compiling_once
from tests.questions import (
    QUESTIONS,
    QUICK,
    Answers,
    choices,
    combinations,
    each,
    flags,
    label,
    usual,
)
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


# A question that only adds files changes none that the linter reads.
LINTED = [*usual(), *each(*QUICK)]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    with compiling_once():
        yield


def bake(cookies: Cookies, answers: Answers) -> Path:
    result = cookies.bake(extra_context=answers)
    assert result.exception is None
    assert result.exit_code == 0
    return Path(result.project_path)


def check_same(first: Path, second: Path) -> None:
    """Compare two projects, which differ in the secret alone."""
    assert contents(first) == contents(second)
    assert (first / ".env").read_bytes() != (second / ".env").read_bytes()


def check_size(project: Path) -> None:
    """Check that documents are short and the package is small."""
    assert len((project / "README.md").read_text().splitlines()) <= 80
    assert len((project / "AGENTS.md").read_text().splitlines()) <= 60
    package = {file.name for file in (project / "mysite").iterdir()}
    assert package == {"__init__.py", "asgi.py", "routing.py", "settings.py", "urls.py"}


@pytest.mark.parametrize("answers", combinations(), ids=label)
def test_every_combination(cookies: Cookies, here: Path, answers: Answers) -> None:
    """Its files parse and are clean; the command line makes the same bytes."""
    project = bake(cookies, answers)
    check(project)
    if answers in LINTED:
        lint(project)
    check_size(project)
    done = run(here, "mysite", *flags(answers))
    assert done.returncode == 0, done.stderr
    check_same(project, here / "mysite")


@pytest.mark.parametrize("answers", each("layer", "server", "database", "django"), ids=label)
def test_two_renders_differ_in_the_secret_alone(cookies: Cookies, answers: Answers) -> None:
    check_same(bake(cookies, answers), bake(cookies, answers))


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
