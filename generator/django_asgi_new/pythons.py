"""Search for a Python that a project supports. Candidates are run, since a shim may not work."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Version = tuple[int, int]

# The newest first. For a later Python, packages may have no wheels yet.
KNOWN: tuple[Version, ...] = ((3, 15), (3, 14), (3, 13), (3, 12), (3, 11))

_QUESTION = (
    "import sys, sysconfig; v = sys.version_info; "
    "print(sys.implementation.name, v.releaselevel, v.major, v.minor, "
    "bool(sysconfig.get_config_var('Py_GIL_DISABLED')), sys.executable)"
)


@dataclass(frozen=True)
class Python:
    """An interpreter.

    Attributes:
        path: Its executable.
        version: Its major and minor version.
    """

    path: str
    version: Version

    @property
    def name(self) -> str:
        """Its name as shown to the user."""
        return f"Python {self.version[0]}.{self.version[1]}"


@functools.cache
def find(minimum: str, below: str = "") -> Python | None:
    """Find a Python: the running one if it is in the range, otherwise the newest one that is.

    Args:
        minimum: The oldest version, such as "3.12".
        below: The oldest version that is too new, such as "3.15"; empty if there is none.

    Returns:
        The interpreter, or None.
    """
    running = (sys.version_info.major, sys.version_info.minor)
    if fits(running, minimum, below):
        return Python(sys.executable, running)
    fitting = (version for version in KNOWN if fits(version, minimum, below))
    return next(filter(None, map(exactly, fitting)), None)


def fits(version: Version, minimum: str, below: str = "") -> bool:
    """Check whether a version is in the range that `find` describes."""
    return parse(minimum) <= version and (not below or version < parse(below))


def parse(text: str) -> Version:
    """Return the version in a text such as "3.12"."""
    major, minor = (int(part) for part in text.split("."))
    return major, minor


def exactly(version: Version) -> Python | None:
    """Find a Python of one version.

    Args:
        version: Its major and minor version.

    Returns:
        The interpreter, or None.
    """
    asked = map(ask, _candidates(version))
    return next((found for found in asked if found and found.version == version), None)


def _candidates(version: Version) -> Iterator[list[str]]:
    """Yield commands that might start a version: on PATH, then pyenv's."""
    name = f"{version[0]}.{version[1]}"
    if sys.platform == "win32":
        yield ["py", f"-{name}"]
        return
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(folder, f"python{name}")
        # The versions behind pyenv's shims follow below, without the time that a shim takes.
        if folder and path.is_file() and path.parent != pyenv / "shims":
            yield [str(path)]
    installed = (pyenv / "versions").glob(f"{name}.*/bin/python")
    for path in sorted(installed, key=_patch_release, reverse=True):
        yield [str(path)]


def _patch_release(path: Path) -> int:
    found = re.fullmatch(r"\d+\.\d+\.(\d+)", path.parents[1].name)
    return int(found[1]) if found else -1


def ask(command: list[str]) -> Python | None:
    """Run an interpreter; return what it is, or None if it does not work."""
    try:
        answer = subprocess.run(
            [*command, "-I", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=10,
            encoding="utf-8",
        ).stdout.strip()
        name, level, major, minor, no_gil, path = answer.split(" ", 5)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if (name, level, no_gil) != ("cpython", "final", "False"):
        return None
    return Python(path, (int(major), int(minor)))
