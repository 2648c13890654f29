"""The destination: NAME and `--output-dir` as a path, and whether it can be used."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from django_asgi_new.errors import BadAnswerError, InTheWayError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable

GITIGNORE, GITHUB = ".gitignore", ".github"
README = "readme*"
# Entries of a fresh repository, in lower case, since `Readme.md` is accepted too.
_FRESH = (
    README, "license*", "copying*", ".git", GITIGNORE, ".gitattributes", GITHUB,
    ".vscode", ".idea", ".zed",
)  # fmt: skip
_SHOWN = 5


def is_path(name: str) -> bool:
    """Check whether NAME is a path, not only a name."""
    separators = {os.sep, os.altsep} - {None}
    return name in (".", "..", "~") or any(str(separator) in name for separator in separators)


def folder(output_dir: str, path: str = "") -> Path:
    """Return the absolute path of the folder that the user means.

    Args:
        output_dir: The value of `--output-dir`.
        path: NAME if it is a path.

    Raises:
        BadAnswerError: The home folder is unknown, or an absolute NAME comes with --output-dir.
        MachineError: The current folder does not exist anymore.
    """
    base, below = _expanded(output_dir), _expanded(path)
    if below.is_absolute() and output_dir != ".":
        raise BadAnswerError(
            f"{path} and --output-dir both name a folder. Use a relative path, or leave out "
            "--output-dir."
        )
    try:
        found = (base / below).absolute()
        # Resolved, since this path is shown to the user.
        return found.resolve() if os.pardir in found.parts else found
    except OSError as error:
        raise unusable(path or output_dir, error) from error


def _expanded(path: str) -> Path:
    """Expand `~`, which shells do not expand in `--output-dir=~/sites`."""
    expanded = os.path.expanduser(path)  # noqa: PTH111, Path's own raises a RuntimeError
    if expanded.startswith("~"):
        user = path.partition(os.sep)[0]
        raise BadAnswerError(
            f"The home folder of {user} is unknown. For a folder of that name, use ./{path}."
        )
    return Path(expanded)


def unusable(path: str, error: OSError) -> MachineError:
    """Return the error for a path that can't be used."""
    return MachineError(
        f"{path} can't be used: {error.strerror}. Choose another --output-dir, or fix the problem."
    )


def check(destination: Path) -> bool:
    """Refuse a destination that is in use, or that can't be written to.

    Returns:
        Whether the project is moved into the folder entry by entry. Otherwise the folder is empty
        or does not exist, and the project is moved there in one step.

    Raises:
        InTheWayError: The destination is in use.
        OSError: The destination can't be written to.
    """
    nearest = next(parent for parent in destination.parents if os.path.lexists(parent))
    if not nearest.is_dir():
        raise InTheWayError(f"{nearest} is not a folder. Choose another --output-dir.")
    renamed = os.access(nearest, os.W_OK | os.X_OK)
    if not os.path.lexists(destination):
        if not renamed:
            raise PermissionError(None, "Permission denied")
        return False
    names = _check_folder(destination)
    if renamed and not names and not destination.samefile(os.curdir):
        return False
    # Replacing the current folder would leave the user's shell in a deleted one.
    if not os.access(destination, os.W_OK | os.X_OK):
        raise PermissionError(None, "Permission denied")
    return True


def _check_folder(destination: Path) -> list[str]:
    """Refuse a folder that is not the user's, or contains more than a fresh repository."""
    advice = "Choose another name or --output-dir, or move it away"
    if destination.is_symlink() or not destination.is_dir():
        kind = "symbolic link" if destination.is_symlink() else "file"
        raise InTheWayError(f"{destination} already exists and is a {kind}. {advice}.")
    if hasattr(os, "geteuid") and destination.stat().st_uid != os.geteuid():
        raise InTheWayError(
            f"{destination} belongs to another user. Choose another name or --output-dir."
        )
    entries = sorted(destination.iterdir())
    if foreign := [entry.name for entry in entries if not _is_fresh(entry)]:
        raise InTheWayError(
            f"{destination} already exists and contains {listed(foreign)}. {advice}."
        )
    if destination.is_mount():
        raise InTheWayError(
            f"{destination} is a mount point. Choose a name inside it, with --output-dir."
        )
    return [entry.name for entry in entries]


def _is_fresh(entry: Path) -> bool:
    """Check whether an entry belongs to a fresh repository."""
    # The project writes there, and a link could lead anywhere.
    if entry.name == GITIGNORE:
        return entry.is_file() and not entry.is_symlink()
    if entry.name == GITHUB:
        return entry.is_dir() and not entry.is_symlink()
    return any(fnmatch(entry.name.lower(), pattern) for pattern in _FRESH)


def listed(names: Iterable[str]) -> str:
    """Return the first names as a list for a sentence, with the number of others."""
    first, rest = [*names][:_SHOWN], [*names][_SHOWN:]
    return ", ".join(first) + (f" and {len(rest)} more" if rest else "")
