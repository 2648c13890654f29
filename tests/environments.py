"""Python environments for generated projects, and which of them this machine can make."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django_asgi_new import pythons
from django_asgi_new import render as generator

from tests import interpreters
from tests.questions import CONTENT, QUESTIONS, Answers, usual
from tests.rendering import write

# Variables that say where this machine finds packages and certificates.
OF_THE_MACHINE = re.compile(r"(PIP|UV|SSL|REQUESTS)_|HOME$|\w+_proxy$", re.IGNORECASE)


@dataclass(frozen=True)
class Environment:
    """An environment that holds what any project of one version of Django may need."""

    django: str
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin/python")


def supported(answers: Answers) -> list[pythons.Version]:
    """Return the promised versions of Python that a combination supports, the oldest first."""
    return list(_supported(tuple(sorted(answers.items()))))


@cache
def _supported(answers: tuple[tuple[str, str | bool], ...]) -> tuple[pythons.Version, ...]:
    values = generator.complete(CONTENT, dict(answers))
    limits = values["__python"], values["__python_below"]
    return tuple(v for v in interpreters.promised() if pythons.fits(v, *limits))


def python_for(*asked: Answers) -> pythons.Python | None:
    """Return the newest Python of this machine that every one of the combinations supports."""
    common = set.intersection(*(set(supported(answers)) for answers in asked))
    found = (interpreters.newest(version) for version in sorted(common, reverse=True))
    return next(filter(None, found), None)


def of_django(django: str) -> list[Answers]:
    """Return the usual combinations of a version of Django."""
    return [answers for answers in usual() if answers["django"] == django]


def missing() -> list[str]:
    """Return the versions of Django that no Python on this machine can run with every server."""
    return [django for django in QUESTIONS["django"] if not python_for(*of_django(django))]


def base_prefix(python: pythons.Python) -> str:
    """Return the folder of a Python that is no environment: uv makes none from another one."""
    code = "import sys; print(sys.base_prefix)"
    done = subprocess.run([python.path, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def runnable(asked: list[Answers]) -> list[Answers]:
    """Leave out the combinations that no Python on this machine can run.

    On a CI machine, which proves the whole, there is none.
    """
    found = [answers for answers in asked if python_for(answers)]
    assert found == asked or "CI" not in os.environ, "CI lacks a Python"
    return found


def environment(django: str, folder: Path) -> Environment:
    """Install what every project of this Django asks for, as their pyproject.toml files say it."""
    python = python_for(*of_django(django))
    assert python
    uv = [sys.executable, "-m", "uv"]
    made = Environment(django, folder / "env")
    subprocess.run([*uv, "venv", "--quiet", "--python", python.path, made.folder], check=True)
    requirements: list[str] = []
    for number, answers in enumerate(of_django(django)):
        pyproject = folder / str(number) / "pyproject.toml"
        write(answers, pyproject.parent, pyproject.name.__eq__)
        requirements += ["--requirements", str(pyproject), "--group", f"{pyproject}:dev"]
    subprocess.run(
        [*uv, "pip", "install", "--quiet", "--python", made.python, *requirements], check=True
    )
    return made
