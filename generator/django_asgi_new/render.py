"""Renders the template: the whole project, or no trace."""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django_asgi_new import signals, template
from django_asgi_new.errors import InTheWayError, MachineError

if TYPE_CHECKING:
    from django_asgi_new.plan import Plan

_OCCUPIED = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


def render(plan: Plan) -> None:
    """Render the project beside its destination, then move it there in one step.

    Args:
        plan: What to render, and where to.

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
                project = _fill(staging, plan)
            _move(project, plan.destination)
            complete = True
        # jinja2's TemplateNotFound is an OSError too, but without a number: a bug of ours.
        except OSError as error:
            if error.errno is None:
                raise
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


def _fill(staging: Path, plan: Plan) -> Path:
    """Let cookiecutter write the project's files.

    Its hooks stay off: the answers were validated before the first write.
    """
    from cookiecutter.generate import generate_files

    context = plan.answers.context
    context["cookiecutter"]["_output_dir"] = str(plan.destination.parent)
    project = Path(generate_files(template.ROOT, context, staging, accept_hooks=False))
    # pip compiles the modules of a template that lies in an installed wheel.
    for cache in project.rglob("__pycache__"):
        shutil.rmtree(cache)
    return project


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
            except OSError:
                # Somebody else put something there: it is theirs now.
                return
