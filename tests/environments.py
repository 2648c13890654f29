"""Python environments for generated projects, and which of them this machine can make."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter
from django_asgi_new import pythons

from tests.questions import QUESTIONS, ROOT, Answers, usual

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


def render(answers: Answers, folder: Path) -> Path:
    return Path(
        cookiecutter(str(ROOT), no_input=True, extra_context=answers, output_dir=str(folder))
    )


@cache
def minimum_python(django: str) -> str:
    """Return the oldest Python for a version of Django, as its projects say it."""
    with TemporaryDirectory() as folder:
        project = render({"django": django}, Path(folder))
        metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    return str(metadata["requires-python"]).removeprefix(">=")


def python_for(django: str) -> pythons.Python | None:
    """Find a Python for a version of Django."""
    return pythons.find(minimum_python(django))


def missing() -> list[str]:
    """Name the versions of Django that no Python on this machine can run.

    On a CI machine, which proves the whole, there is none.
    """
    lacking = [django for django in QUESTIONS["django"] if python_for(django) is None]
    assert not (lacking and "CI" in os.environ), f"CI has no Python for Django {lacking}"
    return lacking


def base_prefix(python: pythons.Python) -> str:
    """Return the folder of a Python that is no environment: uv makes none from another one."""
    code = "import sys; print(sys.base_prefix)"
    done = subprocess.run([python.path, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def runnable(asked: list[Answers]) -> list[Answers]:
    """Leave out the combinations that no Python on this machine can run."""
    return [answers for answers in asked if answers["django"] not in missing()]


def environment(django: str, folder: Path) -> Environment:
    """Install what every project of this Django asks for, as their pyproject.toml files say it."""
    python = python_for(django)
    assert python
    uv = [sys.executable, "-m", "uv"]
    made = Environment(django, folder / "env")
    subprocess.run([*uv, "venv", "--quiet", "--python", python.path, made.folder], check=True)
    requirements: list[str] = []
    for number, answers in enumerate(usual()):
        if answers["django"] == django:
            pyproject = render(answers, folder / str(number)) / "pyproject.toml"
            requirements += ["--requirements", str(pyproject), "--group", f"{pyproject}:dev"]
    subprocess.run(
        [*uv, "pip", "install", "--quiet", "--python", made.python, *requirements], check=True
    )
    return made
