"""The matrix follows cookiecutter.json, and takes over no verdict that may have changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import change_questions
from tests.matrix.cells import OF_CODE
from tests.matrix.digests import of_files
from tests.proofs.subject import ALL
from tests.questions import QUESTIONS, ROOT, TEMPLATE, choices, each
from tests.rendering import read
from tests.repository import copy_repository
from tests.template.copies import append, execute

LABELS = """
from tests.matrix.cells import cells
print(*(cell.label for cell in cells() if "clean" in cell.proofs), sep="\\n")
"""
DIGESTS = """
import json, sys
from tests.matrix import plan
from tests.matrix.cells import cells
from tests.matrix.packages import Packages

packages = Packages("python", *sys.argv[1:])
(cell,) = [cell for cell in cells() if "clean" in cell.proofs][:1]
files = plan.digests_of_files(cell)
claims = [plan.claim(cell, proof, files, packages, None) for proof in cell.proofs]
print(json.dumps({claim.proof: claim.digest for claim in claims}))
"""

# One process runs them all and asks once for what was before.
pytestmark = pytest.mark.xdist_group("digests")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of the repository, for a test to change."""
    copy_repository(tmp_path)
    return tmp_path


def test_the_same_files_have_the_same_digests() -> None:
    """Two renderings differ in their random values."""
    # A file that holds such a value is there with one of the choices.
    for answers in each(*(key for key, default in QUESTIONS.items() if choices(default))):
        first, second = (read(answers) for _ in range(2))
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
    "its tests": (
        append(f"{TEMPLATE.name}/realtime/tests/conftest.py"),
        {"rendered", "clean", "tested"},
    ),
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
