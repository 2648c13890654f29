"""The plan: everything that is checked before the first write."""

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
class RunOptions:
    """Options that are not answers.

    Attributes:
        output_dir: The folder in which the project is created.
        path: NAME, if it is a path.
        git: Create a repository with a first commit.
        install: Create the project's environment.
        run: Migrate and serve; implies install.
        port: The server's port; None for the first free one.
        browser: Open the page in a browser.
    """

    output_dir: str = "."
    path: str = ""
    git: bool = False
    install: bool = False
    run: bool = False
    port: int | None = None
    browser: bool = False

    def check(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            BadAnswerError: An option requires another one, or is out of range.
            MachineError: The port is taken.
        """
        if self.port is not None and not 1 <= self.port <= ports.HIGHEST:
            raise BadAnswerError(f"--port can't be {self.port}. Choose from 1 to {ports.HIGHEST}.")
        for flag, given in (("--port", self.port is not None), ("--open", self.browser)):
            if given and not self.run:
                raise BadAnswerError(f"{flag} requires --run.")
        if self.port is not None:
            ports.check(self.port)

    def flags(self) -> list[str]:
        """Return the options as they are typed."""
        flags = {
            f"--output-dir={self.output_dir}": self.output_dir != ".",
            "--git": self.git,
            "--install": self.install and not self.run,
            "--run": self.run,
            f"--port={self.port}": self.port is not None,
            "--open": self.browser,
        }
        return [flag for flag, wanted in flags.items() if wanted]

    def steps(self) -> list[str]:
        """Return the steps after rendering, as shown to the user."""
        named = {
            "install its dependencies": self.install,
            "create a repository": self.git,
            "migrate and serve": self.run,
        }
        return [step for step, wanted in named.items() if wanted]


@dataclass(frozen=True)
class Plan:
    """What the command will do.

    Attributes:
        answers: The answers to render with.
        run_options: The options that are not answers.
        destination: The project's folder, absolute.
        into: Whether the project goes into it entry by entry: see `destination.check`.
        git: The path of git if it is required.
        uv: The path of uv if it is required.
    """

    answers: Answers
    run_options: RunOptions
    destination: Path
    into: bool = False
    git: str = ""
    uv: str = ""

    def command(self) -> str:
        """Return the command that does the same without prompts."""
        return answer.shell_join(
            *self.answers.command(self.run_options.path), *self.run_options.flags()
        )


def make(answers: Answers, run_options: RunOptions) -> Plan:
    """Return the plan.

    Args:
        answers: The answers.
        run_options: The options that are not answers.

    Raises:
        InTheWayError: The destination is in use.
        MachineError: A program is missing, or the destination can't be written to.
    """
    target, into = settle_destination(answers.values, run_options)
    if run_options.git and os.path.lexists(target / ".git"):
        note = "No commit will be made: the folder is a git repository already."
        answers = replace(answers, notes=(*answers.notes, note))
        run_options = replace(run_options, git=False)
    git = tools.git() if run_options.git else ""
    uv = tools.uv() if run_options.install else ""
    return Plan(answers, run_options, target, into, git, uv)


def settle_destination(values: Mapping[str, Any], run_options: RunOptions) -> tuple[Path, bool]:
    """Return the project's folder, and whether the project goes into it entry by entry.

    Args:
        values: The answers to all questions.
        run_options: The options that are not answers.

    Raises:
        InTheWayError: The destination is in use.
        MachineError: The destination can't be written to.
    """
    if run_options.path:
        named = destination.folder(run_options.output_dir, run_options.path)
        # An existing folder keeps its name, even where a new one would be named differently.
        target = named if named.is_dir() else named.parent / values["project_slug"]
    else:
        target = destination.folder(run_options.output_dir) / values["project_slug"]
    try:
        if _is_project(target):
            raise InTheWayError(
                f"{target} is a project already.",
                advice="Start it with",
                resume=resume.start(target),
            )
        return target, destination.check(target)
    except OSError as error:
        raise destination.unusable(run_options.path or run_options.output_dir, error) from error


def _is_project(folder: Path) -> bool:
    """Check whether a folder contains a project that this command has created."""
    record = folder / "pyproject.toml"
    return record.is_file() and b"\n[tool.django-asgi-new]\n" in record.read_bytes()
