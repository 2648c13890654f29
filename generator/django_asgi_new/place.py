"""Placing a rendered project into a fresh repository: all of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from django_asgi_new import destination
from django_asgi_new.errors import InTheWayError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The folder in the destination in which the project is rendered.
STAGING = ".django-asgi-new"
_GUIDE = "docs/project.md"


@dataclass(frozen=True)
class Existing:
    """What happens to existing files.

    Attributes:
        kept: The names of entries that are not changed.
        merged: The paths of files to which lines are added.
        guide: The path of the project's README if the folder has its own; otherwise empty.
    """

    kept: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    guide: str = ""


def adapt(project: Path, folder: Path) -> Existing:
    """Adapt a rendered project to the files of its destination.

    Args:
        project: The rendered project.
        folder: The destination.

    Returns:
        What happens to existing files.

    Raises:
        InTheWayError: A file of the project exists already, with other content.
        OSError: A file can't be read or written.
    """
    names = sorted(entry.name for entry in folder.iterdir() if entry.name != STAGING)
    guide = _GUIDE if any(fnmatch(name.lower(), destination.README) for name in names) else ""
    if guide:
        _move_readme(project, has_readme=(folder / "README.md").exists())
    ignored = folder / destination.GITIGNORE
    if ignored.exists():
        _merge(project / destination.GITIGNORE, ignored)
    changed = [
        path.relative_to(project).as_posix()
        for path in _entries(project, folder)
        if not _is_free(path, folder / path.relative_to(project))
    ]
    if others := [path for path in changed if path != destination.GITIGNORE]:
        raise InTheWayError(
            f"{folder} already exists and contains {destination.listed(others)} with other "
            "content. Choose another name or --output-dir, or move it away."
        )
    return Existing(tuple(name for name in names if name not in changed), tuple(changed), guide)


def place(project: Path, folder: Path) -> None:
    """Move a project into a folder, entry by entry. A failure removes the moved entries.

    Signals must be held back. The only file that is replaced comes last, in one atomic step.

    Args:
        project: The rendered project, on the folder's file system.
        folder: The destination.

    Raises:
        InTheWayError: Another program has created a file there.
        OSError: An entry can't be moved.
    """
    made: list[Path] = []
    last = project / destination.GITIGNORE
    try:
        for source in _entries(project, folder):
            if source != last:
                _move(source, folder / source.relative_to(project), made)
        if not _is_same(last, folder / last.name):
            last.replace(folder / last.name)
    except BaseException:
        # Removing requires no disk space; moving back might.
        for path in reversed(made):
            _remove(path)
        raise


def _move(source: Path, target: Path, made: list[Path]) -> None:
    if not _is_free(source, target):
        raise InTheWayError(
            f"{target} was created by another program meanwhile. Choose another name."
        )
    if not target.exists():
        source.rename(target)
        made.append(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _entries(source: Path, target: Path) -> Iterator[Path]:
    """Yield the paths to move: whole folders, unless the target has a folder of that name."""
    for path in sorted(source.iterdir()):
        there = target / path.name
        if path.is_dir() and there.is_dir() and not there.is_symlink():
            yield from _entries(path, there)
        else:
            yield path


def _is_free(path: Path, there: Path) -> bool:
    """Check whether a path does not exist, or is a file with the same content."""
    return not os.path.lexists(there) or _is_same(path, there)


def _is_same(path: Path, there: Path) -> bool:
    both_files = path.is_file() and there.is_file() and not there.is_symlink()
    return both_files and there.read_bytes() == path.read_bytes()


def _merge(ours: Path, theirs: Path) -> None:
    """Append lines of the project's `.gitignore` that the folder's lacks.

    Exceptions, such as `!.env.example`, are repeated, since they must follow what they except.
    """
    before = theirs.read_bytes()
    end = b"\r\n" if b"\r\n" in before else b"\n"
    there = {line.rstrip() for line in before.splitlines()}
    blocks = []
    for block in ours.read_bytes().split(b"\n\n"):
        comments = [line for line in block.splitlines() if line.startswith(b"#")]
        patterns = [line for line in block.splitlines() if not line.startswith(b"#")]
        if not there.issuperset(patterns):
            missing = [line for line in patterns if line not in there or line.startswith(b"!")]
            blocks.append(end.join([*comments, *missing]) + end)
    if blocks and before and not before.endswith(b"\n"):
        before += end
    ours.write_bytes(end.join([before, *blocks] if before else blocks))
    shutil.copymode(theirs, ours)


def _move_readme(project: Path, *, has_readme: bool) -> None:
    """Move the project's README into `docs/`, and adapt its links."""
    readme, guide = project / "README.md", project / _GUIDE
    text = re.sub(r"\]\((?!\w+:)", "](../", readme.read_text(encoding="utf-8"))
    guide.write_text(text.replace("](../docs/", "]("), encoding="utf-8")
    readme.unlink()
    if not has_readme:
        settings = project / "pyproject.toml"
        content = settings.read_text(encoding="utf-8")
        changed = content.replace('readme = "README.md"', f'readme = "{_GUIDE}"')
        settings.write_text(changed, encoding="utf-8")
