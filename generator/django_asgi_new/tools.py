"""Paths of the programs that the command runs: git and uv."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from django_asgi_new.errors import MachineError


def git() -> str:
    """Return the path of git.

    Raises:
        MachineError: It is not installed.
    """
    found = shutil.which("git")
    if found is None:
        raise MachineError(
            "--git requires git, which is not on your PATH. Install it, or leave out --git."
        )
    return found


def uv() -> str:
    """Return the path of uv, which is installed with this command.

    Raises:
        MachineError: It is missing.
    """
    from uv import find_uv_bin

    try:
        return os.fsdecode(find_uv_bin())
    except FileNotFoundError:
        found = shutil.which("uv")
    if found is None:
        raise MachineError("uv is missing. Reinstall django-asgi-new, which installs it.")
    return found


def typed_uv() -> str:
    """Return how a user runs uv: its path if it is not on PATH; empty without uv."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    if sys.prefix != sys.base_prefix:
        # `uv run` adds this environment to PATH, for this command only.
        own = Path(sys.prefix, "Scripts" if sys.platform == "win32" else "bin")
        folders = [folder for folder in folders if Path(folder) != own]
    if shutil.which("uv", path=os.pathsep.join(folders)):
        return "uv"
    try:
        return uv()
    except MachineError:
        return ""
