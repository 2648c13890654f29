"""Programs of Debian: found, or installed."""

import os
import shutil
import subprocess
from functools import cache

import pytest


def found(name: str) -> str | None:
    """Find a program, also one for the administrator."""
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))


@cache
def program(name: str, package: str) -> str:
    """Return where a program is, and install its package when the machine has none.

    Who can't install it skips the test, but on a CI machine, which proves the whole.
    """
    if path := found(name):
        return path
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", package], check=True
        )
    path = found(name)
    if path is None and "CI" not in os.environ:
        pytest.skip(f"needs {name}, of Debian's package {package}")
    assert path, f"no {name}, and {package} can't be installed"
    return path
