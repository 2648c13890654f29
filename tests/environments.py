"""Python environments that hold all that any generated project may need."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cookiecutter.main import cookiecutter

from tests.questions import ROOT, Answers, combinations


@dataclass(frozen=True)
class Environment:
    """An environment for one version of Django."""

    version: str
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin/python")


def render(answers: Answers, folder: Path) -> Path:
    return Path(cookiecutter(str(ROOT), no_input=True, extra_context=answers, output_dir=str(folder)))


def environment(version: str, folder: Path, python: str) -> Environment:
    """Install what every project of this Django asks for, as their pyproject.toml files say it."""
    uv = [sys.executable, "-m", "uv"]
    made = Environment(version, folder / "env")
    subprocess.run([*uv, "venv", "--quiet", "--python", python, made.folder], check=True)
    requirements: list[str] = []
    for number, answers in enumerate(combinations()):
        if answers["django"] == version:
            pyproject = render(answers, folder / str(number)) / "pyproject.toml"
            requirements += ["--requirements", str(pyproject), "--group", f"{pyproject}:dev"]
    subprocess.run(
        [*uv, "pip", "install", "--quiet", "--python", made.python, *requirements], check=True
    )
    return made
