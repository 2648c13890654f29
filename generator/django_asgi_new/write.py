"""Writing the project: all of it, or nothing."""

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
        plan: The plan.

    Returns:
        The paths of the project's files, and what happened to existing files.

    Raises:
        InTheWayError: A file of the project exists already, perhaps since a moment ago.
        MachineError: The destination can't be written to.
        signals.Stopped: A signal came; nothing is left behind.
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
                "fix the problem."
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
        InTheWayError: A file of the project exists already.
        MachineError: Temporary files can't be written.
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
    """Create the folder to render in, on the same file system, where a rename is atomic."""
    if not into:
        return Path(tempfile.mkdtemp(prefix=f"{place.STAGING}-", dir=folder))
    staging = folder / place.STAGING
    try:
        staging.mkdir(mode=0o700)
    except FileExistsError:
        raise InTheWayError(
            f"Another run of this command uses {folder}. Wait until it has ended."
        ) from None
    return staging


def _reason(error: OSError) -> str:
    """Return the system's message. cookiecutter raises errors of its own for folders."""
    cause = error.__cause__
    return error.strerror or (cause.strerror if isinstance(cause, OSError) else "") or str(error)


def _make_parents(folder: Path, made: list[Path]) -> None:
    """Create the output directory, and record each folder that did not exist."""
    if folder.is_dir():
        return
    _make_parents(folder.parent, made)
    folder.mkdir()
    made.append(folder)


def _move(project: Path, destination: Path) -> None:
    try:
        if sys.platform == "win32" and destination.is_dir():
            # On Windows, a rename does not replace even an empty folder.
            destination.rmdir()
        project.rename(destination)
    except OSError as error:
        if error.errno in _OCCUPIED:
            raise InTheWayError(
                f"{destination} was created by another program meanwhile. Choose another name."
            ) from error
        raise


def _remove_empty(made: list[Path]) -> None:
    """Remove the folders that were created for the destination, after a failure."""
    for path in reversed(made):
        try:
            path.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            # Another program has written into it, so it stays.
            return
