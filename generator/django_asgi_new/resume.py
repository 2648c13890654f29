"""The commands that continue after a step has failed, or start the server again."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

from django_asgi_new import tools
from django_asgi_new.errors import StepError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from django_asgi_new.plan import Plan

_GIT_COMMANDS = [
    ["git", "init", "-b", "main"],
    ["git", "add", "-A"],
    ["git", "commit", "-m", "Initial commit"],
]


def python(plan: Plan) -> list[str]:
    """Return the options with which uv uses the Python that was found."""
    found = plan.answers.python
    return ["--python", found.path] if found else []


def rest(plan: Plan, first: str) -> str:
    """Return the commands for the remaining steps.

    Args:
        plan: The plan.
        first: The step to begin with: "install", "git", "migrate" or "serve".
    """
    uv = tools.typed_uv() or "uv"
    project = plan.destination
    manage = [os.path.relpath(environment_python(project), project), "manage.py"]
    commands = {
        "install": [[uv, "sync", *python(plan)]] if plan.run_options.install else [],
        "git": _GIT_COMMANDS if plan.run_options.git else [],
        "migrate": [[*manage, "migrate"]] if plan.run_options.run else [],
        "serve": [[*manage, "runserver"]] if plan.run_options.run else [],
    }
    steps = list(commands)
    left = [command for step in steps[steps.index(first) :] for command in commands[step]]
    return " && ".join(map(shlex.join, [["cd", str(project)], *left]))


def start(project: Path) -> str:
    """Return the command that starts the server of a project, installed or not."""
    python = environment_python(project)
    manage = [os.path.relpath(python, project), "manage.py"]
    commands = [["cd", str(project)], [*manage, "runserver"]]
    if not python.exists():
        commands[1:1] = [[tools.typed_uv() or "uv", "sync"], [*manage, "migrate"]]
    return " && ".join(map(shlex.join, commands))


def environment_python(project: Path) -> Path:
    """Return the Python of a project's environment."""
    if sys.platform == "win32":
        return project / ".venv" / "Scripts" / "python.exe"
    return project / ".venv" / "bin" / "python"


# The words before the command that continues.
FIX = "Fix the problem, then run"

# Patterns in the output of uv, and the cause of each in plain words.
_CAUSES = (
    (
        r"dns error|error sending request|[Nn]etwork|offline|[Cc]onnection refused|timed out",
        "The package index can't be reached: look at the network and the proxy settings.",
    ),
    (
        r"[Ff]ailed to build|No such file or directory: '(cc|gcc|clang|cargo)'",
        (
            "A package has no wheel for this machine: install a compiler, or choose another "
            "--server or Python."
        ),
    ),
    (r"No space left|ENOSPC", "The disk is full."),
)


def failed(what: str, plan: Plan, done: subprocess.CompletedProcess[str], first: str) -> StepError:
    """Return the error for a failed step, with the commands that continue.

    Args:
        what: What failed, as the start of a sentence.
        plan: The plan.
        done: The result of the step's command.
        first: The step to repeat, as in `rest`.
    """
    said = (done.stdout or "").rstrip()
    causes = [f" {cause}" for pattern, cause in _CAUSES if re.search(pattern, said)]
    return StepError(
        f"{what} (exit code {done.returncode}).{''.join(causes[:1])} {kept(plan)}",
        advice=FIX,
        resume=rest(plan, first),
        output=said,
    )


def kept(plan: Plan) -> str:
    """Return a sentence that says where the project is."""
    return f"The project is kept in {plan.destination}."
