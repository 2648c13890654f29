"""The matrix follows cookiecutter.json, and its report belongs to the template as it is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cli.command import change_questions
from tests.matrix import report
from tests.matrix.cells import ALL
from tests.questions import QUESTIONS, combinations, usual
from tests.repository import copy_repository

# In the copy of a repository: as if a run had proven all, or all but the last.
PRETEND = """
import sys
from tests.matrix import report
from tests.matrix.cells import cells

proofs = [(cell.label, proof) for cell in cells() for proof in cell.proofs]
for label, proof in proofs[: int(sys.argv[1]) or None]:
    record = {"cell": label, "proof": proof, "verdict": "passed", "seconds": 1.0, "versions": {}}
    report.keep(record)
"""


def test_the_report_is_of_this_template() -> None:
    written = json.loads(report.JSON.read_text())
    again = "the template has changed: run `.tools/bin/uv run pytest tests/matrix`"
    assert written["template_tree"] == report.template_tree(), again
    assert written["inputs"] == report.tree(*report.INPUTS), again
    assert report.TABLE.read_text() == report.table(written)
    assert report.summary(written) in report.README.read_text()


def test_the_report_leaves_nothing_out() -> None:
    written = report.verdicts(json.loads(report.JSON.read_text()))
    whole = [cell["answers"] for cell in written if set(ALL) <= set(cell["proofs"])]
    assert whole == usual()
    proven = [cell["answers"] for cell in written if {"rendered", "clean"} <= set(cell["proofs"])]
    assert proven == combinations()
    # This machine may lack a Python that another one had.
    assert [cell for cell in report.expected() if cell not in written] == []


def matrix(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/matrix", "-q", "-n0", *options],
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )


def pretend(root: Path, end: int) -> None:
    subprocess.run([sys.executable, "-c", PRETEND, str(end)], cwd=root, check=True)


def collected(root: Path) -> list[str]:
    """Return the combinations that the matrix of a copy of the repository would prove."""
    done = matrix(root, "--collect-only")
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if "::test_clean[" in line]


def test_a_new_option_is_a_new_dimension(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    before = collected(tmp_path)
    change_questions(tmp_path, layer=[*QUESTIONS["layer"], "pigeon"], pigeons=False)
    after = collected(tmp_path)
    assert len(after) == len(before) * (len(QUESTIONS["layer"]) + 1) / len(QUESTIONS["layer"]) * 2
    assert any("pigeon" in line for line in after)


def test_a_partial_run_writes_no_report(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    shutil.rmtree(tmp_path / "docs")
    pretend(tmp_path, -1)
    done = matrix(tmp_path, "--collect-only")
    assert done.stdout.count("tests/matrix/") == 1, done.stdout
    done = matrix(tmp_path, "-k", "nothing")
    assert "The matrix is not complete: no report is written." in done.stdout
    assert done.returncode != 0
    assert not (tmp_path / "docs").exists()


def test_a_whole_run_is_reported_and_compared(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    shutil.rmtree(tmp_path / "docs")
    pretend(tmp_path, 0)
    done = matrix(tmp_path)
    assert done.returncode == 0, done.stdout
    file = tmp_path / "docs/matrix.json"
    written = json.loads(file.read_text())
    assert report.verdicts(written) == report.expected()
    assert "proofs passed" in (tmp_path / "docs/matrix.md").read_text()
    assert matrix(tmp_path, "--compare").returncode == 0
    written["cells"][0]["proofs"]["clean"] = "failed"
    file.write_text(json.dumps(written))
    assert matrix(tmp_path, "--compare").returncode != 0
    assert json.loads(file.read_text()) == written
