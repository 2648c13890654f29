"""What is going to happen, settled and checked before the first write."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django_asgi_new import answers as answer
from django_asgi_new import destination
from django_asgi_new.errors import BadAnswerError, MachineError

if TYPE_CHECKING:
    from pathlib import Path

    from django_asgi_new.answers import Answers

_HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Wishes:
    """What the user wants beside the answers.

    Attributes:
        output_dir: Where the project's folder goes.
        path: NAME, if it is a path.
        git: Make a repository with a first commit.
        install: Make the project's environment.
        run: Migrate and serve; implies install.
        port: Where to serve; None for the first free one.
        browser: Open the page.
    """

    output_dir: str = "."
    path: str = ""
    git: bool = False
    install: bool = False
    run: bool = False
    port: int | None = None
    browser: bool = False

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            BadAnswerError: An option makes no sense here.
        """
        if self.port is not None and not 1 <= self.port <= _HIGHEST_PORT:
            raise BadAnswerError(f"--port can't be {self.port}. Choose from 1 to {_HIGHEST_PORT}.")
        for flag, given in (("--port", self.port is not None), ("--open", self.browser)):
            if given and not self.run:
                raise BadAnswerError(f"{flag} is about the server: it needs --run.")

    def flags(self) -> list[str]:
        """Return the flags that wish the same."""
        wished = {
            f"--output-dir={self.output_dir}": self.output_dir != ".",
            "--git": self.git,
            "--install": self.install and not self.run,
            "--run": self.run,
            f"--port={self.port}": self.port is not None,
            "--open": self.browser,
        }
        return [flag for flag, wanted in wished.items() if wanted]

    def steps(self) -> list[str]:
        """Name the steps after rendering, for people."""
        named = {
            "install its dependencies": self.install,
            "make a repository": self.git,
            "migrate and serve": self.run,
        }
        return [step for step, wanted in named.items() if wanted]


@dataclass(frozen=True)
class Plan:
    """What is going to happen.

    Attributes:
        answers: The answers to render with.
        wishes: What follows.
        destination: The project's folder, absolute.
        into: Whether the project goes into it entry by entry: see `destination.check`.
        git: The program, when it is needed.
        uv: The program, when it is needed.
    """

    answers: Answers
    wishes: Wishes
    destination: Path
    into: bool = False
    git: str = ""
    uv: str = ""

    def command(self) -> str:
        """Return the command that does the same without asking."""
        return answer.joined(*self.answers.command(self.wishes.path), *self.wishes.flags())


def make(answers: Answers, wishes: Wishes) -> Plan:
    """Settle what is going to happen.

    Args:
        answers: The answers.
        wishes: What the user wants beside them.

    Raises:
        InTheWayError: Something is at the destination already.
        MachineError: A program is missing, or the destination can't be written to.
    """
    if wishes.path:
        named = destination.folder(wishes.output_dir, wishes.path)
        # A folder that is there keeps its name, whatever the project's rules are for a new one.
        target = named if named.is_dir() else named.parent / answers.values["project_slug"]
    else:
        target = destination.folder(wishes.output_dir) / answers.values["project_slug"]
    try:
        into = destination.check(target)
    except OSError as error:
        raise destination.unusable(wishes.path or wishes.output_dir, error) from error
    if wishes.git and os.path.lexists(target / ".git"):
        note = "No commit will be made: the folder is a git repository already."
        answers = replace(answers, notes=(*answers.notes, note))
        wishes = replace(wishes, git=False)
    git = _find_git() if wishes.git else ""
    uv = _find_uv() if wishes.install else ""
    return Plan(answers, wishes, target, into, git, uv)


def _find_git() -> str:
    git = shutil.which("git")
    if git is None:
        raise MachineError(
            "--git needs git, which is not on your PATH: install it, or leave --git out."
        )
    return git


def _find_uv() -> str:
    from uv import find_uv_bin

    try:
        return os.fsdecode(find_uv_bin())
    except FileNotFoundError:
        uv = shutil.which("uv")
    if uv is None:
        raise MachineError("uv is missing, though it came with this command: install it again.")
    return uv
