"""Writes the project: the whole, or no trace."""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django_asgi_new import signals
from django_asgi_new.errors import InTheWayError, MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_asgi_new.plan import Plan
    from django_asgi_new.render import Entry

_OCCUPIED = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


def write(plan: Plan, entries: Sequence[Entry]) -> None:
    """Write the project beside its destination, then move it there in one step.

    Args:
        plan: Where to write.
        entries: What to write.

    Raises:
        InTheWayError: Something came to the destination meanwhile.
        MachineError: The machine can't write there.
        signals.Stopped: The user or the system asked to stop; nothing is left behind.
    """
    folder = plan.destination.parent
    made: list[Path] = []
    complete = False
    with signals.held():
        try:
            _make_parents(folder, made)
            # A sibling: a rename is one step only within a file system.
            staging = Path(tempfile.mkdtemp(prefix=".django-asgi-new-", dir=folder))
            made.append(staging)
            project = staging / plan.destination.name
            with signals.released():
                _fill(project, entries)
                if plan.destination.is_dir():
                    # A private folder stays private.
                    shutil.copymode(plan.destination, project)
            _move(project, plan.destination)
            complete = True
        except OSError as error:
            raise MachineError(
                f"{folder} can't be written to: {error.strerror}. Choose another --output-dir, or "
                "mend that."
            ) from error
        finally:
            _clean_up(made, complete=complete)


def _make_parents(folder: Path, made: list[Path]) -> None:
    """Make the output directory, and note each folder that was not there."""
    if folder.is_dir():
        return
    _make_parents(folder.parent, made)
    folder.mkdir()
    made.append(folder)


def _fill(project: Path, entries: Sequence[Entry]) -> None:
    """Write the project's folders and files."""
    project.mkdir()
    for entry in entries:
        path = project / entry.path
        if entry.content is None:
            path.mkdir()
        else:
            path.write_bytes(entry.content)
            path.chmod(entry.mode)


def _move(project: Path, destination: Path) -> None:
    try:
        if sys.platform == "win32" and destination.is_dir():
            # There a rename replaces nothing, not even an empty folder.
            destination.rmdir()
        project.rename(destination)
    except OSError as error:
        if error.errno in _OCCUPIED:
            raise InTheWayError(
                f"{destination} was taken while the project was made: choose another name."
            ) from error
        raise


def _clean_up(made: list[Path], *, complete: bool) -> None:
    """Remove the temporary folder, and after a failure the folders made on the way to it."""
    for path in reversed(made):
        if path.name.startswith(".django-asgi-new-"):
            shutil.rmtree(path, ignore_errors=True)
        elif not complete:
            try:
                path.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                # Somebody else put something there: it is theirs now.
                return
