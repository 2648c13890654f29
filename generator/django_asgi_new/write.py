"""Writes the project: the whole, or no trace."""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django_asgi_new import render, signals, template
from django_asgi_new.errors import InTheWayError, MachineError

if TYPE_CHECKING:
    from django_asgi_new.plan import Plan

_OCCUPIED = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


def write(plan: Plan) -> list[str]:
    """Render the project beside its destination, then move it there in one step.

    Args:
        plan: What to render, and where to.

    Returns:
        The paths of the project's files.

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
            with signals.released():
                project = render.render(template.ROOT, plan.answers.values, staging)
                files = render.files(project)
                if plan.destination.is_dir():
                    # A private folder stays private.
                    shutil.copymode(plan.destination, project)
            _move(project, plan.destination)
            complete = True
        except OSError as error:
            raise MachineError(
                f"{folder} can't be written to: {_reason(error)}. Choose another --output-dir, or "
                "mend that."
            ) from error
        finally:
            _clean_up(made, complete=complete)
    return files


def list_files(plan: Plan) -> list[str]:
    """Return the paths of the files that `write` would write.

    Raises:
        MachineError: There is no room for temporary files.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            return render.files(
                render.render(template.ROOT, plan.answers.values, Path(folder).absolute())
            )
    except OSError as error:
        raise MachineError(
            f"{tempfile.gettempdir()} can't be written to: {_reason(error)}."
        ) from error


def _reason(error: OSError) -> str:
    """Return what the system says. cookiecutter raises errors of its own for folders."""
    cause = error.__cause__
    return error.strerror or (cause.strerror if isinstance(cause, OSError) else "") or str(error)


def _make_parents(folder: Path, made: list[Path]) -> None:
    """Make the output directory, and note each folder that was not there."""
    if folder.is_dir():
        return
    _make_parents(folder.parent, made)
    folder.mkdir()
    made.append(folder)


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
