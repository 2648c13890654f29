"""The one place that prints: the result to stdout, the talk to stderr."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import time
import traceback
from typing import TYPE_CHECKING

from django_asgi_new import template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django_asgi_new.errors import Error
    from django_asgi_new.plan import Plan


def prepare() -> None:
    """Let every path be printed as it is, whatever the locale."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def result(text: str) -> None:
    """Print what the command was run for."""
    print(text, flush=True)


def say(*lines: str) -> None:
    """Print what the user may like to know."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Print a line, with the seconds, when the step inside has succeeded."""
    start = time.perf_counter()
    yield
    say(f"{text} ({time.perf_counter() - start:.1f} s)")


def next_steps(plan: Plan) -> None:
    """Print what is left to do, in the words of the template's own hook."""
    folder = os.path.relpath(plan.destination)
    say(
        "",
        *template.hook("post_gen_project").next_steps(
            # A way up and down again is harder to read than the whole path.
            str(plan.destination) if folder.startswith(os.pardir) else folder,
            plan.answers.values,
            done={"install"} if plan.wishes.install else set(),
            uv=shutil.which("uv") is not None,
        ),
    )


def failure(error: Error) -> None:
    """Print what went wrong."""
    say(*(f"Error: {sentence}" for sentence in error.sentences))


def stopped(destination: Path | None) -> None:
    """Print what a stop left behind."""
    say(f"Stopped. The project is in {destination}." if destination else "Stopped.")


def bug() -> None:
    """Print what we need to know about a mistake of ours."""
    traceback.print_exc()
    say("Error: this is a bug in django-asgi-new. Please report it, with the lines above.")
