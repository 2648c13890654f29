"""The packages of a project: resolved as of a date, and installed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.digests import of
from tests.interpreters import dotted, newest, release
from tests.matrix.cells import Cell

UV = (sys.executable, "-m", "uv")


@dataclass(frozen=True)
class Packages:
    """An interpreter, and what is installed for it.

    Attributes:
        python: The path of the interpreter.
        release: Its full version.
        requirements: A line `name==version` for each package.
    """

    python: str
    release: str
    requirements: str

    @property
    def digest(self) -> str:
        return of(self.release, self.requirements)

    def versions(self) -> dict[str, str]:
        """Return the packages' versions by their names."""
        lines = [line.split("==") for line in self.requirements.splitlines() if "==" in line]
        return {name: version.split()[0] for name, version in lines}


def without_packages(cell: Cell) -> Packages:
    """Return the interpreter of a cell whose code is not run."""
    found = newest(cell.python)
    assert found
    return Packages(found.path, dotted(release(found.path)), "")


def resolve(cell: Cell, pyproject: str, until: str | None) -> Packages:
    """Find the packages that a project's pyproject.toml asks for.

    Args:
        cell: What is proven, and on which Python.
        pyproject: The text of the file.
        until: The date up to which packages count, such as "2026-11-27"; None for all.
    """
    plain = without_packages(cell)
    with TemporaryDirectory() as folder:
        file = Path(folder, "pyproject.toml")
        file.write_text(pyproject)
        command = [*UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", str(file)]
        command += ["--group", f"{file}:dev", "--python", plain.python]
        command += ["--resolution=lowest-direct"] if cell.lowest else []
        command += [f"--exclude-newer={until}T00:00:00Z"] if until else []
        done = subprocess.run(
            command, cwd=folder, env=_environment(), check=False, capture_output=True, text=True
        )
    assert done.returncode == 0, f"{cell.label}: {done.stderr}"
    return Packages(plain.python, plain.release, done.stdout)


def install(packages: Packages, folder: Path) -> Path:
    """Return an environment of exactly these packages.

    A process has one environment for each Python, and replaces in it what differs: the modules
    that stay need not be compiled again.

    Args:
        packages: What to install.
        folder: Where the environments of this process are.
    """
    environment = folder / packages.release
    requirements = environment / "requirements.txt"
    if not environment.exists():
        _uv("venv", "--quiet", "--python", packages.python, str(environment))
    if not requirements.exists() or requirements.read_text() != packages.requirements:
        # Written last: it says what is installed.
        requirements.unlink(missing_ok=True)
        wanted = environment / "wanted.txt"
        wanted.write_text(packages.requirements)
        python = ["--python", str(environment / "bin/python")]
        _uv("pip", "sync", "--quiet", *python, str(wanted))
        wanted.rename(requirements)
    return environment


def _uv(*arguments: str) -> None:
    subprocess.run([*UV, *arguments], check=True, env=_environment())


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
