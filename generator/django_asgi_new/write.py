"""Writes the project: the whole, or no trace."""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django_asgi_new import place, render, signals, template
from django_asgi_new.errors import InTheWayError, MachineError
from django_asgi_new.place import Existing

if TYPE_CHECKING:
    from django_asgi_new.plan import Plan

_OCCUPIED = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


def write(plan: Plan) -> tuple[list[str], Existing]:
    """Render the project, then put it at its destination.

    It is rendered beside the destination and moved there in one step, or rendered in it and moved
    entry by entry: see `destination.check`.

    Args:
        plan: What to render, and where to.

    Returns:
        The paths of the project's files, and what became of the files that were there before.

    Raises:
        InTheWayError: Something is, or came meanwhile, where a file of the project goes.
        MachineError: The machine can't write there.
        signals.Stopped: The user or the system asked to stop; nothing is left behind.
    """
    folder = plan.destination if plan.into else plan.destination.parent
    made: list[Path] = []
    staging: Path | None = None
    complete = False
    with signals.held():
        try:
            _make_parents(folder, made)
            staging = _make_staging(folder, into=plan.into)
            with signals.released():
                project = render.render(template.ROOT, plan.answers.values, staging)
                existing = _adapt(project, plan)
                files = render.files(project)
            if plan.into:
                place.place(project, plan.destination)
            else:
                _move(project, plan.destination)
            complete = True
        except OSError as error:
            raise MachineError(
                f"{folder} can't be written to: {_reason(error)}. Choose another --output-dir, or "
                "mend that."
            ) from error
        finally:
            if staging:
                shutil.rmtree(staging, ignore_errors=True)
            if not complete:
                _remove_empty(made)
    return files, existing


def list_files(plan: Plan) -> tuple[list[str], Existing]:
    """Return what `write` would return.

    Raises:
        InTheWayError: Something is where a file of the project goes.
        MachineError: There is no room for temporary files.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            project = render.render(template.ROOT, plan.answers.values, Path(folder).absolute())
            existing = _adapt(project, plan)
            return render.files(project), existing
    except OSError as error:
        raise MachineError(
            f"{tempfile.gettempdir()} can't be written to: {_reason(error)}."
        ) from error


def _adapt(project: Path, plan: Plan) -> Existing:
    if plan.into:
        return place.adapt(project, plan.destination)
    if plan.destination.is_dir():
        # A private folder stays private.
        shutil.copymode(plan.destination, project)
    return Existing()


def _make_staging(folder: Path, *, into: bool) -> Path:
    """Make the folder to render in; a rename is one step only within a file system."""
    if not into:
        return Path(tempfile.mkdtemp(prefix=f"{place.STAGING}-", dir=folder))
    staging = folder / place.STAGING
    try:
        staging.mkdir(mode=0o700)
    except FileExistsError:
        raise InTheWayError(
            f"Another run of this command is at work in {folder}. Wait for it to end."
        ) from None
    return staging


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


def _remove_empty(made: list[Path]) -> None:
    """Remove the folders made on the way to the destination, after a failure."""
    for path in reversed(made):
        try:
            path.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            # Somebody else put something there: it is theirs now.
            return
