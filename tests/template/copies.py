"""Changes a copy of the repository, and runs its code."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def execute(root: Path, code: str, *arguments: str) -> str:
    """Run Python code with the modules of a copy; return its output."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "generator")])},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def append(path: str) -> Callable[[Path], None]:
    """Return a function that adds a line to a file of a copy."""

    def change(root: Path) -> None:
        with (root / path).open("a") as file:
            file.write("# changed\n")

    return change
