"""What is going to happen, settled and checked before the first write."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django_asgi_new import answers as answer
from django_asgi_new import ports, resume, tools
from django_asgi_new.errors import BadAnswerError, InTheWayError, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_asgi_new.answers import Answers

_SHOWN = 5


@dataclass(frozen=True)
class Wishes:
    """What the user wants beside the answers.

    Attributes:
        output_dir: Where the project's folder goes.
        git: Make a repository with a first commit.
        install: Make the project's environment.
        run: Migrate and serve; implies install.
        port: Where to serve; None for the first free one.
        browser: Open the page.
    """

    output_dir: str = "."
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
        git: The program, when it is needed.
        uv: The program, when it is needed.
    """

    answers: Answers
    wishes: Wishes
    destination: Path
    git: str = ""
    uv: str = ""

    def command(self) -> str:
        """Return the command that does the same without asking."""
        return answer.joined(*self.answers.command(), *self.wishes.flags())


def make(answers: Answers, wishes: Wishes) -> Plan:
    """Settle what is going to happen.

    Args:
        answers: The answers.
        wishes: What the user wants beside them.

    Raises:
        InTheWayError: Something is at the destination already.
        MachineError: A program is missing, or the destination can't be written to.
    """
    destination = settle_destination(answers.values, wishes)
    git = tools.git() if wishes.git else ""
    uv = tools.uv() if wishes.install else ""
    return Plan(answers, wishes, destination, git, uv)


def settle_destination(values: Mapping[str, Any], wishes: Wishes) -> Path:
    """Return the project's folder, which is free.

    Args:
        values: A whole set of answers.
        wishes: What the user wants beside them.

    Raises:
        InTheWayError: Something is at the destination already.
        MachineError: The destination can't be written to.
    """
    try:
        folder = Path(wishes.output_dir).absolute()
        # People read this path, and a way up and down again is hard to read.
        if os.pardir in folder.parts:
            folder = folder.resolve()
        destination: Path = folder / values["project_slug"]
        if _is_project(destination):
            raise InTheWayError(
                f"{destination} is a project already.",
                advice="Start it with",
                resume=resume.start(destination),
            )
        _check_free(destination)
    except OSError as error:
        raise MachineError(
            f"{wishes.output_dir} can't be used: {error.strerror}. Choose another --output-dir, or "
            "mend that."
        ) from error
    return destination


def _is_project(folder: Path) -> bool:
    """Check whether this command has made the project in a folder."""
    record = folder / "pyproject.toml"
    return record.is_file() and b"\n[tool.django-asgi-new]\n" in record.read_bytes()


def _check_free(destination: Path) -> None:
    """Welcome a folder that is not there or is empty, nothing else."""
    nearest = next(parent for parent in destination.parents if os.path.lexists(parent))
    if not nearest.is_dir():
        raise InTheWayError(f"{nearest} is not a folder: choose another --output-dir.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PermissionError(None, "Permission denied")
    if not os.path.lexists(destination):
        return
    advice = "choose another name or --output-dir, or move it away"
    if destination.is_symlink() or not destination.is_dir():
        kind = "symbolic link" if destination.is_symlink() else "file"
        raise InTheWayError(f"{destination} is there already, a {kind}: {advice}.")
    if hasattr(os, "geteuid") and destination.stat().st_uid != os.geteuid():
        raise InTheWayError(
            f"{destination} belongs to another user. Choose another name or --output-dir."
        )
    if names := sorted(entry.name for entry in destination.iterdir()):
        shown = ", ".join(names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise InTheWayError(f"{destination} is there already and holds {shown}{more}: {advice}.")
    if destination.is_mount():
        # Nothing can be renamed to it, so the project could not come there in one step.
        raise InTheWayError(
            f"{destination} is a mount point: choose a name inside it, with --output-dir."
        )
