"""Folders that all processes of a test run share."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def common(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the processes of a test run have in common.

    Args:
        factory: The factory of the session. Each process of pytest-xdist has its own.
    """
    root = factory.getbasetemp()
    return root.parent if "PYTEST_XDIST_WORKER" in os.environ else root


def shared(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """Return a folder that is filled once in a test run, by the first process that asks for it."""
    return filled(common(factory) / name, fill)


def filled(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Return a folder, which the first process that asks for it fills.

    Args:
        folder: The folder.
        fill: Fills the new folder. If it fails, the next caller starts again.
    """
    complete = folder.with_name(f"{folder.name}.complete")
    with locked(folder):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(folder)
            complete.touch()
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder for one process at a time."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
