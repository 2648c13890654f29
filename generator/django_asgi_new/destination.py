"""Where the project goes: what NAME and `--output-dir` mean, and whether it may go there."""

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
# What a folder may hold that is a fresh repository. Lower case: `Readme.md` is welcome too.
_FRESH = (
    README, "license*", "copying*", ".git", GITIGNORE, ".gitattributes", GITHUB,
    ".vscode", ".idea", ".zed",
)  # fmt: skip
_SHOWN = 5


def is_path(name: str) -> bool:
    """Check whether NAME is the path of a folder, not only its name."""
    separators = {os.sep, os.altsep} - {None}
    return name in (".", "..", "~") or any(str(separator) in name for separator in separators)


def folder(output_dir: str, path: str = "") -> Path:
    """Return the absolute path of the folder that the user means.

    Args:
        output_dir: The value of `--output-dir`.
        path: NAME, if it is a path.

    Raises:
        BadAnswerError: There is no such home folder, or both paths are absolute.
        MachineError: The current folder is gone.
    """
    base, below = _expanded(output_dir), _expanded(path)
    if below.is_absolute() and output_dir != ".":
        raise BadAnswerError(
            f"{path} and --output-dir both name a folder. Use a relative path, or leave out "
            "--output-dir."
        )
    try:
        found = (base / below).absolute()
        # People read this path, and a way up and down again is hard to read.
        return found.resolve() if os.pardir in found.parts else found
    except OSError as error:
        raise unusable(path or output_dir, error) from error


def _expanded(path: str) -> Path:
    """Expand `~`, which shells leave alone in `--output-dir=~/sites`."""
    expanded = os.path.expanduser(path)  # noqa: PTH111, Path's own raises a RuntimeError
    if expanded.startswith("~"):
        user = path.partition(os.sep)[0]
        raise BadAnswerError(
            f"The home folder of {user} is unknown. For a folder of that name, use ./{path}."
        )
    return Path(expanded)


def unusable(path: str, error: OSError) -> MachineError:
    """Return the error for a path that the system refuses."""
    return MachineError(
        f"{path} can't be used: {error.strerror}. Choose another --output-dir, or mend that."
    )


def check(destination: Path) -> bool:
    """Refuse a destination that is in use, or that can't be written to.

    Returns:
        Whether the project goes into the folder entry by entry, which stays the folder that it is.
        Otherwise the folder is not there or empty, and one rename puts the project there.

    Raises:
        InTheWayError: Something is at the destination already.
        OSError: It can't be written to.
    """
    nearest = next(parent for parent in destination.parents if os.path.lexists(parent))
    if not nearest.is_dir():
        raise InTheWayError(f"{nearest} is not a folder: choose another --output-dir.")
    renamed = os.access(nearest, os.W_OK | os.X_OK)
    if not os.path.lexists(destination):
        if not renamed:
            raise PermissionError(None, "Permission denied")
        return False
    names = _check_folder(destination)
    if renamed and not names and not destination.samefile(os.curdir):
        return False
    # A shell that stands in a folder would be left in the old one by a rename.
    if not os.access(destination, os.W_OK | os.X_OK):
        raise PermissionError(None, "Permission denied")
    return True


def _check_folder(destination: Path) -> list[str]:
    """Refuse what is no folder of this user, or holds more than a fresh repository."""
    advice = "choose another name or --output-dir, or move it away"
    if destination.is_symlink() or not destination.is_dir():
        kind = "symbolic link" if destination.is_symlink() else "file"
        raise InTheWayError(f"{destination} is there already, a {kind}: {advice}.")
    if hasattr(os, "geteuid") and destination.stat().st_uid != os.geteuid():
        raise InTheWayError(
            f"{destination} belongs to another user. Choose another name or --output-dir."
        )
    entries = sorted(destination.iterdir())
    if foreign := [entry.name for entry in entries if not _is_fresh(entry)]:
        raise InTheWayError(
            f"{destination} is there already and holds {listed(foreign)}: {advice}."
        )
    if destination.is_mount():
        raise InTheWayError(
            f"{destination} is a mount point: choose a name inside it, with --output-dir."
        )
    return [entry.name for entry in entries]


def _is_fresh(entry: Path) -> bool:
    """Check whether a fresh repository may hold an entry; the project writes into two of them."""
    # A link could lead anywhere.
    if entry.name == GITIGNORE:
        return entry.is_file() and not entry.is_symlink()
    if entry.name == GITHUB:
        return entry.is_dir() and not entry.is_symlink()
    return any(fnmatch(entry.name.lower(), pattern) for pattern in _FRESH)


def listed(names: Iterable[str]) -> str:
    """List names in a sentence, of many only the first."""
    first, rest = [*names][:_SHOWN], [*names][_SHOWN:]
    return ", ".join(first) + (f" and {len(rest)} more" if rest else "")
