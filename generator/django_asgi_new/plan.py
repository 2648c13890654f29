"""What is going to happen, settled and checked before the first write."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django_asgi_new import answers as answer
from django_asgi_new import destination, ports, resume, tools
from django_asgi_new.errors import BadAnswerError, InTheWayError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from django_asgi_new.answers import Answers


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
            MachineError: The server can't use the port.
        """
        if self.port is not None and not 1 <= self.port <= ports.HIGHEST:
            raise BadAnswerError(f"--port can't be {self.port}. Choose from 1 to {ports.HIGHEST}.")
        for flag, given in (("--port", self.port is not None), ("--open", self.browser)):
            if given and not self.run:
                raise BadAnswerError(f"{flag} is about the server: it needs --run.")
        if self.port is not None:
            ports.check(self.port)

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
    target, into = settle_destination(answers.values, wishes)
    if wishes.git and os.path.lexists(target / ".git"):
        note = "No commit will be made: the folder is a git repository already."
        answers = replace(answers, notes=(*answers.notes, note))
        wishes = replace(wishes, git=False)
    git = tools.git() if wishes.git else ""
    uv = tools.uv() if wishes.install else ""
    return Plan(answers, wishes, target, into, git, uv)


def settle_destination(values: Mapping[str, Any], wishes: Wishes) -> tuple[Path, bool]:
    """Return the project's folder, and whether the project goes into it entry by entry.

    Args:
        values: A whole set of answers.
        wishes: What the user wants beside them.

    Raises:
        InTheWayError: Something is at the destination already.
        MachineError: The destination can't be written to.
    """
    if wishes.path:
        named = destination.folder(wishes.output_dir, wishes.path)
        # A folder that is there keeps its name, whatever the project's rules are for a new one.
        target = named if named.is_dir() else named.parent / values["project_slug"]
    else:
        target = destination.folder(wishes.output_dir) / values["project_slug"]
    try:
        if _is_project(target):
            raise InTheWayError(
                f"{target} is a project already.",
                advice="Start it with",
                resume=resume.start(target),
            )
        return target, destination.check(target)
    except OSError as error:
        raise destination.unusable(wishes.path or wishes.output_dir, error) from error


def _is_project(folder: Path) -> bool:
    """Check whether this command has made the project in a folder."""
    record = folder / "pyproject.toml"
    return record.is_file() and b"\n[tool.django-asgi-new]\n" in record.read_bytes()
