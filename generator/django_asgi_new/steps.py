"""What follows rendering: the environment, the repository, the server."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from django_asgi_new import processes, report
from django_asgi_new.errors import StepError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from django_asgi_new.plan import Plan


def follow(plan: Plan, live: Callable[[str], None]) -> None:
    """Take the steps that the user wants, in the order in which they build on each other.

    The repository comes after the environment, so that its first commit holds the lock file.

    Args:
        plan: What to do.
        live: Takes the page's address when it answers.

    Raises:
        StepError: A step failed; the project is kept.
        signals.Stopped: A signal came.
    """
    if plan.wishes.run:
        from django_asgi_new import serve

        serve.check_port(plan)
        serve.check_urls(plan)
    if plan.wishes.install:
        install(plan)
    if plan.wishes.git:
        repository(plan)
    if plan.wishes.run:
        from django_asgi_new import serve

        serve.serve(plan, live)


def install(plan: Plan) -> None:
    """Make the project's environment, with the Python that was found and no other, and fill it.

    Args:
        plan: What to do.

    Raises:
        StepError: uv failed.
    """
    python = [*_python(plan), "--no-python-downloads"]
    with report.step("Made its environment"):
        done = processes.run([plan.uv, "venv", "--quiet", *python], plan.destination)
        if done.returncode:
            raise failed("The environment could not be made", plan, done, "install")
    with report.step("Installed its dependencies"):
        done = processes.run([plan.uv, "sync", *python], plan.destination, show=True)
        if done.returncode:
            raise failed("The dependencies could not be installed", plan, done, "install")


def _python(plan: Plan) -> list[str]:
    python = plan.answers.python
    return ["--python", python.path] if python else []


def repository(plan: Plan) -> None:
    """Make a repository, with the project as its first commit.

    Args:
        plan: What to do.

    Raises:
        StepError: git failed.
    """
    if not _git(plan, "rev-parse", "--is-inside-work-tree").returncode:
        report.say("Made no repository: the folder is in one already.")
        return
    with report.step("Made a repository"):
        # Before 2.28 git took no name for the first branch.
        if _git(plan, "init", "-q", "-b", "main").returncode:
            _must_git(plan, "init", "-q")
            _must_git(plan, "symbolic-ref", "HEAD", "refs/heads/main")
        _must_git(plan, "add", "-A")
    if _git(plan, "var", "GIT_COMMITTER_IDENT").returncode:
        report.say(
            "Made no commit: git does not know who you are. Set user.name and user.email, then run "
            '`git commit -m "Initial commit"`.'
        )
        return
    _must_git(plan, "commit", "-q", "-m", "Initial commit")


def _git(plan: Plan, *arguments: str) -> subprocess.CompletedProcess[str]:
    return processes.run([plan.git, *arguments], plan.destination)


def _must_git(plan: Plan, *arguments: str) -> None:
    done = _git(plan, *arguments)
    if done.returncode:
        raise failed("The repository could not be made", plan, done, "git")


_GIT_COMMANDS = [
    ["git", "init", "-b", "main"],
    ["git", "add", "-A"],
    ["git", "commit", "-m", "Initial commit"],
]


def rest(plan: Plan, first: str) -> str:
    """Write the commands that do what is left.

    Args:
        plan: What was to be done.
        first: The step to begin with: "install", "git", "migrate" or "serve".
    """
    uv = "uv" if shutil.which("uv") else plan.uv
    python = os.path.relpath(environment_python(plan.destination), plan.destination)
    commands = {
        "install": [[uv, "sync", *_python(plan)]] if plan.wishes.install else [],
        "git": _GIT_COMMANDS if plan.wishes.git else [],
        "migrate": [[python, "manage.py", "migrate"]] if plan.wishes.run else [],
        "serve": [[python, "manage.py", "runserver"]] if plan.wishes.run else [],
    }
    steps = list(commands)
    left = [command for step in steps[steps.index(first) :] for command in commands[step]]
    return " && ".join(map(shlex.join, [["cd", str(plan.destination)], *left]))


def environment_python(project: Path) -> Path:
    """Return the Python of a project's environment."""
    if sys.platform == "win32":
        return project / ".venv" / "Scripts" / "python.exe"
    return project / ".venv" / "bin" / "python"


# What uv says, and what it means for somebody who does not know uv.
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
    """Say that a step failed and how to go on.

    Args:
        what: What could not be done.
        plan: What was to be done.
        done: How the step's command ended.
        first: The step to begin again with, as in `rest`.
    """
    said = (done.stdout or "").rstrip()
    causes = [f" {cause}" for pattern, cause in _CAUSES if re.search(pattern, said)]
    return StepError(
        f"{what} (exit code {done.returncode}).{''.join(causes[:1])} {kept(plan)} When the cause "
        "is mended, go on with:",
        resume=rest(plan, first),
        output=said,
    )


def kept(plan: Plan) -> str:
    """Say where the project is, which a failed step never takes away."""
    return f"The project is kept in {plan.destination}."
