"""The matrix follows cookiecutter.json, and takes over no verdict that may have changed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django_asgi_new import questions
from django_asgi_new.render import complete, render

from tests.cli.command import change_questions
from tests.matrix.cells import OF_CODE
from tests.matrix.digests import of_files
from tests.proofs.subject import ALL
from tests.questions import QUESTIONS, ROOT, TEMPLATE, combinations
from tests.repository import copy_repository
from tests.template.copies import append, execute

LABELS = """
from tests.matrix.cells import cells
from tests.matrix.digests import of_files
from tests.proofs.subject import ALL
print(*(cell.label for cell in cells() if "clean" in cell.proofs), sep="\\n")
"""
DIGESTS = """
import json, sys
from tests.matrix import plan
from tests.matrix.cells import cells
from tests.matrix.digests import of_files
from tests.proofs.subject import ALL
from tests.matrix.packages import Packages

packages = Packages("python", *sys.argv[1:])
(cell,) = [cell for cell in cells() if "clean" in cell.proofs][:1]
files = plan.digests_of_files(cell)
claims = [plan.claim(cell, proof, files, packages, None) for proof in cell.proofs]
print(json.dumps({claim.proof: claim.digest for claim in claims}))
"""
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
def root(tmp_path: Path) -> Path:
    """Return a copy of the repository, for a test to change."""
    copy_repository(tmp_path)
    return tmp_path


def test_the_same_files_have_the_same_digests() -> None:
    """Two renderings differ in their random values."""
    for answers in combinations():
        first, second = (render(complete(questions.read(), answers)) for _ in range(2))
        assert first != second
        assert of_files(first, ALL) == of_files(second, ALL)


def test_a_new_option_is_a_new_dimension(root: Path) -> None:
    before = execute(root, LABELS).splitlines()
    change_questions(root, layer=[*QUESTIONS["layer"], "pigeon"], pigeons=False)
    after = execute(root, LABELS).splitlines()
    assert len(after) == len(before) * (len(QUESTIONS["layer"]) + 1) / len(QUESTIONS["layer"]) * 2
    assert any("pigeon" in line for line in after)


CHANGES: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "code": (append(f"{TEMPLATE.name}/manage.py"), {"rendered", *OF_CODE}),
    "README": (append(f"{TEMPLATE.name}/README.md"), {"rendered", "clean"}),
    "workflow": (
        append(f"{TEMPLATE.name}/{{{{cookiecutter.__workflow}}}}"),
        {"rendered", "linted", "clean"},
    ),
    "generator": (append("generator/django_asgi_new/report.py"), {"rendered"}),
    "proof": (append("tests/proofs/booted.py"), {"booted"}),
    "what proofs share": (append("tests/projects/clients.py"), {"booted", "crossed", "seen"}),
    "other tests": (append("tests/cli/test_output.py"), set()),
    "version": (
        lambda root: change_questions(root, _template_version="9.9"),
        {"rendered", "clean"},
    ),
}


def digests(root: Path, python: str = "3.14.1", packages: str = "django==6.1") -> dict[str, str]:
    found: dict[str, str] = json.loads(execute(root, DIGESTS, python, packages))
    return found


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    """Return the digests of the first combination, by the names of its proofs."""
    return digests(ROOT)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    # Not every combination has the last one.
    return {proof for proof in before if before[proof] != after[proof]} - {"installed"}


@pytest.mark.parametrize(("change", "proofs"), CHANGES.values(), ids=CHANGES)
def test_what_depends_on_a_change_is_proven_again(
    root: Path, before: dict[str, str], change: Callable[[Path], None], proofs: set[str]
) -> None:
    change(root)
    assert changed(before, digests(root)) == proofs


@pytest.mark.parametrize(
    "releases", [("3.14.2", "django==6.1"), ("3.14.1", "django==6.1.1")], ids=["Python", "packages"]
)
def test_what_runs_with_other_releases_is_proven_again(
    before: dict[str, str], releases: tuple[str, str]
) -> None:
    assert changed(before, digests(ROOT, *releases)) == set(OF_CODE)


@pytest.fixture
def small(root: Path) -> Path:
    """Leave few combinations to prove, and no report."""
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
    (small / ".matrix/verdicts.jsonl").unlink()
    assert "::test[clean-" in matrix(small, "--check", "--collect-only").stdout
    # A proof that the report lacks is an error, though it passes.
    del written["cells"][0]
    file.write_text(json.dumps(written))
    execute(small, PRETEND, UNTIL, "0")
    done = matrix(small, "--check")
    assert "docs/matrix.json lacks proofs" in done.stdout
    assert done.returncode != 0
    assert json.loads(file.read_text()) == written
