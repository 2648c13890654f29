"""A run of tests/matrix writes its report when it is whole, and checks it when it is asked to."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import change_questions
from tests.questions import QUESTIONS
from tests.repository import copy_repository
from tests.template.copies import execute

# As if a run had proven all, or all but the last.
PRETEND = """
import sys
from tests.matrix import plan, report

until = sys.argv[1]
for claim in plan.make([], until).proven[: int(sys.argv[2]) or None]:
    report.keep(claim.proof, claim.digest, report.Verdict("passed", 1))
"""
IS_WRITTEN = "from tests.matrix import report; print(report.is_written(report.committed()))"
UNTIL = "2026-11-27"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a copy of the repository with few combinations to prove, and no report."""
    copy_repository(root := tmp_path)
    change_questions(
        root, **{key: values[:1] for key, values in QUESTIONS.items() if isinstance(values, list)}
    )
    for name in ("matrix.json", "matrix.md"):
        (root / "docs" / name).unlink(missing_ok=True)
    plan = root / "tests/matrix/plan.py"
    text = plan.read_text()
    assert "\nSAMPLE = 0.1\n" in text
    plan.write_text(text.replace("\nSAMPLE = 0.1\n", "\nSAMPLE = 0\n"))
    return root


def matrix(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/matrix", "-q", "-n0", *options],
        cwd=root,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST")},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_partial_run_writes_no_report(small: Path) -> None:
    execute(small, PRETEND, UNTIL, "-1")
    done = matrix(small, "-k", "nothing")
    assert "1 deselected" in done.stdout
    assert "The matrix is not complete: no report is written." in done.stdout
    assert done.returncode != 0
    assert not (small / "docs/matrix.json").exists()


def test_a_whole_run_is_reported_and_checked(small: Path) -> None:
    execute(small, PRETEND, UNTIL, "0")
    done = matrix(small)
    assert done.returncode == 0, done.stdout
    assert "proofs passed" in (small / "docs/matrix.md").read_text()
    assert execute(small, IS_WRITTEN) == "True\n"
    assert matrix(small, "--check").returncode == 0
    file = small / "docs/matrix.json"
    written = json.loads(file.read_text())
    # A proof that failed runs again.
    written["cells"][0]["proofs"]["clean"]["verdict"] = "failed"
    file.write_text(json.dumps(written))
    assert execute(small, IS_WRITTEN) == "False\n"
    verdicts = small / ".matrix/verdicts.jsonl"
    kept = verdicts.read_text()
    verdicts.unlink()
    assert "::test[clean-" in matrix(small, "--check", "--collect-only").stdout
    # A proof that the report lacks is an error, though it passes.
    del written["cells"][0]
    file.write_text(json.dumps(written))
    verdicts.write_text(kept)
    done = matrix(small, "--check")
    assert "docs/matrix.json lacks proofs" in done.stdout
    assert done.returncode != 0
    assert json.loads(file.read_text()) == written
