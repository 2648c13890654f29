"""Every combination passes the type checker and Django's own checks, in a real environment."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.environments import Environment, runnable
from tests.questions import Answers, combinations, label


@pytest.mark.parametrize("answers", runnable(combinations()), ids=label)
def test_types_checks_and_migrations(
    cookies: Cookies, environment_for: Callable[[str], Environment], answers: Answers
) -> None:
    made = environment_for(str(answers["django"]))
    result = cookies.bake(extra_context=answers)
    assert result.exception is None
    project = Path(result.project_path)
    manage = [made.python, "-W", "error", "manage.py"]
    # PostgreSQL would be asked which migrations it has.
    sqlite = {**os.environ, "DATABASE_URL": "sqlite:///:memory:"}
    for command, variables in (
        ([made.python, "-m", "mypy", "--cache-dir", str(made.folder / "mypy")], None),
        ([*manage, "check", "--fail-level=WARNING"], None),
        ([*manage, "makemigrations", "--check", "--dry-run"], sqlite),
    ):
        subprocess.run(command, cwd=project, env=variables, check=True)
