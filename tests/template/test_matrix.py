"""The matrix follows cookiecutter.json."""

import subprocess
import sys
from pathlib import Path

from tests.cli.command import change_questions
from tests.questions import QUESTIONS
from tests.repository import copy_repository


def collected(root: Path) -> list[str]:
    """Return the combinations that the matrix of a copy of the repository would prove."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/matrix", "--collect-only", "-q", "-n0"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return [line for line in done.stdout.splitlines() if "::test_clean[" in line]


def test_a_new_option_is_a_new_dimension(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    before = collected(tmp_path)
    change_questions(tmp_path, layer=[*QUESTIONS["layer"], "pigeon"], docker=False)
    after = collected(tmp_path)
    assert len(after) == len(before) * (len(QUESTIONS["layer"]) + 1) / len(QUESTIONS["layer"]) * 2
    assert any("pigeon" in line for line in after)
