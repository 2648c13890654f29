"""Every combination renders to files that parse, hold no scar and pass the strictest checks."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.questions import Answers, combinations, flags, label
from tests.sources import check, files

LONGEST = {"project_name": "a" * 36, "app": "b" * 36}


@pytest.fixture(params=combinations(), ids=label)
def answers(request: pytest.FixtureRequest) -> Answers:
    chosen: Answers = request.param
    return chosen


def bake(cookies: Cookies, answers: Answers) -> Path:
    result = cookies.bake(extra_context=answers)
    assert result.exception is None
    assert result.exit_code == 0
    return Path(result.project_path)


def lint(project: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache"], cwd=project, check=True
        )


def test_every_file_parses_and_is_clean(cookies: Cookies, answers: Answers) -> None:
    project = bake(cookies, answers)
    check(project)
    lint(project)


def test_two_renders_differ_in_the_secret_alone(cookies: Cookies, answers: Answers) -> None:
    first, second = bake(cookies, answers), bake(cookies, answers)
    names = {path.relative_to(first) for path in files(first)}
    assert names == {path.relative_to(second) for path in files(second)}
    assert [
        name for name in names if (first / name).read_bytes() != (second / name).read_bytes()
    ] == [Path(".env")]


def test_command_line_makes_the_same_bytes(
    cookies: Cookies, answers: Answers, tmp_path: Path
) -> None:
    expected = bake(cookies, answers)
    subprocess.run(
        [sys.executable, "-m", "django_asgi_new", "mysite", "-o", tmp_path, *flags(answers)],
        check=True,
        capture_output=True,
    )
    made = tmp_path / "mysite"
    names = {path.relative_to(made) for path in files(made)}
    assert names == {path.relative_to(expected) for path in files(expected)}
    for name in names - {Path(".env")}:
        assert (made / name).read_bytes() == (expected / name).read_bytes(), name
        assert (made / name).stat().st_mode == (expected / name).stat().st_mode, name


@pytest.mark.parametrize("names", [LONGEST, {"project_name": "z", "app": "a"}])
def test_any_name_is_formatted(cookies: Cookies, answers: Answers, names: dict[str, str]) -> None:
    lint(bake(cookies, {**answers, **names}))


@pytest.mark.parametrize("command", ["--check", "--lint"])
def test_pages_are_formatted(cookies: Cookies, command: str) -> None:
    djlint = [sys.executable, "-m", "djlint", "--profile=django", "--indent=2", "--quiet"]
    subprocess.run([*djlint, command, str(bake(cookies, {}))], check=True)


def test_secret_is_kept_out_of_git(cookies: Cookies) -> None:
    project = bake(cookies, {})
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=project, check=True, capture_output=True, text=True
    ).stdout.split()
    assert ".env" not in tracked
    assert ".env.example" in tracked
