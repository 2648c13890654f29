"""Every combination passes the type checker and Django's own checks, in a real environment."""

import subprocess
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.environments import Environment, environment
from tests.questions import QUESTIONS, Answers, combinations, label


@pytest.fixture(scope="session", params=QUESTIONS["django"])
def django(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return environment(request.param, tmp_path_factory.mktemp("environment"))


@pytest.mark.parametrize(
    "answers",
    [answers for answers in combinations() if answers["django"] == "6.1"],
    ids=label,
)
def test_types_checks_and_migrations(
    cookies: Cookies, django: Environment, answers: Answers
) -> None:
    result = cookies.bake(extra_context={**answers, "django": django.version})
    assert result.exception is None
    project = Path(result.project_path)
    for command in (
        ["-m", "mypy", "--cache-dir", django.folder / "mypy"],
        ["-W", "error", "manage.py", "check", "--fail-level=WARNING"],
    ):
        subprocess.run([django.python, *command], cwd=project, check=True)
    subprocess.run(
        [django.python, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=project,
        check=True,
        env={"DATABASE_URL": "sqlite:///:memory:"},
    )
