"""Child processes, which are stopped with all their descendants."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, TextIO

from django_asgi_new import isolation, report, signals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# How many seconds a child may take to end before it is killed.
PATIENCE = 5


def start(
    command: Sequence[str],
    cwd: Path,
    stdout: int | TextIO,
    stderr: int | TextIO = subprocess.STDOUT,
) -> subprocess.Popen[str]:
    """Start a program in a session of its own, where the terminal's Ctrl-C does not reach it.

    Args:
        command: The program and its arguments.
        cwd: Where to run it.
        stdout: Where its output goes.
        stderr: Where its errors go.
    """
    report.detail(f"$ {shlex.join(command)}")
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=isolation.environment(),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def wait(process: subprocess.Popen[str]) -> str | None:
    """Wait until a program ends.

    Returns:
        Its output, or None if it was not captured.

    Raises:
        signals.Stopped: A signal came.
    """
    while True:
        try:
            return process.communicate(timeout=signals.LONGEST_WAIT)[0]
        except subprocess.TimeoutExpired:
            continue


def stop(process: subprocess.Popen[str]) -> None:
    """Stop a program and its descendants."""
    with signals.held():
        _signal(process, kill=False)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # Even if it has ended, since its descendants may not have.
            _signal(process, kill=True)
        process.wait()


def _signal(process: subprocess.Popen[str], *, kill: bool) -> None:
    if sys.platform == "win32":
        command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)
        return
    try:
        os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return


def run(
    command: Sequence[str], cwd: Path, *, show: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a program and wait until it ends.

    Args:
        command: The program and its arguments.
        cwd: Where to run it.
        show: Whether the user sees its progress on a terminal.

    Returns:
        Its exit code and output; the output is None if the user saw it.

    Raises:
        signals.Stopped: A signal came; the program was stopped.
    """
    out = None if show and report.is_watched() else subprocess.PIPE
    with signals.held():
        process = start(command, cwd, sys.stderr if out is None else out)
        try:
            with signals.released():
                output = wait(process)
        except BaseException:
            stop(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output)
