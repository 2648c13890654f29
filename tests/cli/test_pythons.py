"""The Python of a project: which one is chosen, and what happens when none fits."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django_asgi_new import pythons
from packaging.specifiers import SpecifierSet

from tests import interpreters
from tests.cli.command import change_questions, copied, run, tree, without_secret
from tests.environments import supported
from tests.questions import CONTENT, Answers, label, pairs, usual
from tests.rendering import render, write

# Runs the command as if the running Python was the one of the first argument.
RUNNING = """
import sys
from types import SimpleNamespace
from django_asgi_new import cli, pythons
version = SimpleNamespace(major=3, minor=int(sys.argv.pop(1)))
pythons.sys = SimpleNamespace(version_info=version, executable="/running", platform=sys.platform)
cli.main()
"""
REASON = "its library has no wheel for it"
DAPHNE = {"server": "daphne", "python": "3.15", "reason": REASON}
NO_DAPHNE = (
    f"Error: Daphne does not run on Python 3.15: {REASON}. Install Python 3.14 or older, or choose "
    "another --server.\n"
)


def requires_python(project: Path) -> str:
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    return str(metadata["requires-python"])


class Machine:
    """A machine with a copy of the repository, whose Pythons only print their version."""

    def __init__(self, here: Path, *unsupported: dict[str, str]) -> None:
        self.here = here
        self.root = copied(here.parent)
        self.bin = here.parent / "pythons"
        change_questions(self.root, _unsupported=unsupported)

    def run(
        self, running: int, others: tuple[int, ...], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        self.bin.mkdir()
        for minor in others:
            path = self.bin / f"python3.{minor}"
            path.write_text(f'#!/bin/sh\necho cpython final 3 {minor} False "$0"\n')
            path.chmod(0o755)
        variables = {"PATH": str(self.bin), "PYENV_ROOT": str(self.bin), "UV_OFFLINE": "1"}
        words = (str(running), *arguments)
        done = run(self.here, *words, root=self.root, env=variables, code=RUNNING)
        for minor in others:
            (self.bin / f"python3.{minor}").unlink()
        self.bin.rmdir()
        return done

    def picked(self, running: int, others: tuple[int, ...], *arguments: str) -> str:
        """Return the Python of an installation, which none of these interpreters survives."""
        done = self.run(running, others, "mysite", "--install", "--json", *arguments)
        assert done.returncode == 5, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        (python,) = re.findall(r"uv sync --python (\S+)", found["resume"])
        subprocess.run(["rm", "-r", found["destination"]], check=True)
        return Path(python).name


def test_the_command_knows_the_promised_versions() -> None:
    assert list(reversed(pythons.KNOWN)) == interpreters.promised()


def test_every_combination_has_a_python() -> None:
    assert [answers for answers in usual() if not supported(answers)] == []


@pytest.mark.parametrize("answers", pairs("django", "server"), ids=label)
def test_requires_python_names_the_supported_versions(answers: Answers, tmp_path: Path) -> None:
    write(answers, tmp_path, "pyproject.toml".__eq__)
    required = SpecifierSet(requires_python(tmp_path))
    versions = [v for v in interpreters.promised() if interpreters.dotted(v) in required]
    assert versions == supported(answers)


@pytest.mark.parametrize(
    ("running", "others", "flags", "expected"),
    [
        (15, (13, 14), ["--server=daphne"], "python3.14"),
        (13, (14, 15), ["--server=daphne"], "running"),
        (11, (13, 15), ["--server=daphne"], "python3.13"),
        (15, (11,), ["--server=daphne", "--django=5.2"], "python3.11"),
        (15, (13, 14), ["--server=uvicorn"], "running"),
        (11, (13, 15), ["--server=uvicorn"], "python3.15"),
    ],
)
def test_a_python_that_fits_is_chosen(
    here: Path, running: int, others: tuple[int, ...], flags: list[str], expected: str
) -> None:
    assert Machine(here, DAPHNE).picked(running, others, *flags) == expected


@pytest.mark.parametrize(
    "flags", [[], ["--dry-run"], ["--install"], ["--run"], ["--install", "--django=6.1"]]
)
def test_no_python_that_fits(here: Path, flags: list[str]) -> None:
    done = Machine(here, DAPHNE).run(15, (), "mysite", "--server=daphne", *flags)
    assert (done.returncode, done.stdout, done.stderr) == (4, "", NO_DAPHNE)
    assert tree(here) == {}


def test_an_older_django_when_only_that_has_a_python(here: Path) -> None:
    machine = Machine(here, DAPHNE)
    words = ["mysite", "--server=daphne"]
    done = machine.run(11, (15,), *words)
    assert done.returncode == 0
    assert done.stderr.startswith(
        "Django 5.2 instead of 6.1, which needs Python 3.12 to 3.14 with Daphne: none was found.\n"
    )
    done = machine.run(11, (15,), *words, "-o", "other", "--install", "--django=6.1")
    assert done.returncode == 4
    assert done.stderr == (
        "Error: Django 6.1 needs Python 3.12 to 3.14 with Daphne, and none was found: install one, "
        "or choose --django 5.2.\n"
    )


def test_only_an_entry_keeps_a_python_out(here: Path) -> None:
    machine = Machine(here)
    for server in ("daphne", "granian"):
        assert machine.picked(11, (13, 14, 15), f"--server={server}") == "python3.15"
    entry = {"server": "granian", "python": "3.14", "reason": REASON}
    change_questions(machine.root, _unsupported=[*CONTENT["_unsupported"], entry])
    assert machine.picked(11, (13, 14, 15), "--server=granian") == "python3.13"
    done = machine.run(11, (13, 14, 15), "mysite", "--server=granian")
    assert done.returncode == 0
    made = machine.here / "mysite"
    assert f'# Not yet on Python 3.14: {REASON}.\nrequires-python = ">=3.12,<3.14"\n' in (
        (made / "pyproject.toml").read_text()
    )
    assert (made / "Dockerfile").read_text().count("FROM python:3.13-slim") == 2
    assert 'python: ["3.12", "3.13"]' in (made / ".github/workflows/ci.yml").read_text()
    again = render({"server": "granian"}, here.parent / "by cookiecutter", machine.root)
    assert without_secret(tree(again)) == without_secret(tree(made))


def test_of_several_entries_the_oldest_python_counts(here: Path) -> None:
    entries = [
        {"server": "granian", "python": "3.15", "reason": REASON},
        {"server": "granian", "layer": "redis", "python": "3.13", "reason": REASON},
        {"server": "hypercorn", "python": "3.12", "reason": REASON},
    ]
    machine = Machine(here, *entries)
    found = (11, (12, 13, 14, 15), "--server=granian")
    assert machine.picked(*found) == "python3.14"
    assert machine.picked(*found, "--layer=redis") == "python3.12"
    change_questions(machine.root, _unsupported=entries[::-1])
    assert machine.picked(*found, "--layer=redis") == "python3.12"
