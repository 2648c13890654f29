"""Programs of Debian: found, or installed."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest


def found(name: str) -> str | None:
    """Find a program, also one for the administrator."""
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))


def can_install() -> bool:
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(name: str, package: str) -> None:
    """Install a package, unless its program is there by now; no service of it is started."""
    # One at a time: tests run in several processes, of which apt serves one.
    with (Path(tempfile.gettempdir()) / "apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found(name):
            return
        env = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", package]
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=env)
        subprocess.run(command, check=True, env=env)


@cache
def program(name: str, package: str) -> str:
    """Return where a program is, and install its package when the machine has none.

    Who can't install it skips the test, but on a CI machine, which proves the whole.
    """
    if not found(name) and can_install():
        install(name, package)
    path = found(name)
    if path is None and "CI" not in os.environ:
        pytest.skip(f"needs {name}, of Debian's package {package}")
    assert path, f"no {name}, and {package} can't be installed"
    return path
