"""What follows rendering: the environment, the repository, the server."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from django_asgi_new import processes, report
from django_asgi_new.errors import StepError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from django_asgi_new.plan import Plan


def follow(plan: Plan) -> None:
    """Take the steps that the user wants, in the order in which they build on each other.

    The repository comes after the environment, so that its first commit holds the lock file.

    Args:
        plan: What to do.

    Raises:
        StepError: A step failed; the project is kept.
        signals.Stopped: A signal came.
    """
    if plan.wishes.port:
        from django_asgi_new import serve

        serve.check_port(plan.wishes.port, plan.destination)
    if plan.wishes.install:
        with report.step("Installed its dependencies"):
            install(plan)
    if plan.wishes.git:
        repository(plan)
    if plan.wishes.run:
        from django_asgi_new import serve

        serve.serve(plan)


def install(plan: Plan) -> None:
    """Make the project's environment, with the Python that was found and no other.

    Args:
        plan: What to do.

    Raises:
        StepError: uv failed.
    """
    python = plan.answers.python
    command = [plan.uv, "sync", *(["--python", python.path] if python else [])]
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    # They would put the environment elsewhere, or be warned about.
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        env.pop(name, None)
    done = processes.run(command, plan.destination, env, show=True)
    if done.returncode:
        raise failed("The dependencies could not be installed", command, plan.destination, done)


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
    # Set inside a hook of git, for example: they would name another repository.
    env = {k: v for k, v in os.environ.items() if k not in _GIT_PLACES}
    return processes.run([plan.git, *arguments], plan.destination, env)


_GIT_PLACES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}


def _must_git(plan: Plan, *arguments: str) -> None:
    done = _git(plan, *arguments)
    if done.returncode:
        raise failed(
            "The repository could not be made", ["git", *arguments], plan.destination, done
        )


def failed(
    what: str, command: list[str], folder: Path, done: subprocess.CompletedProcess[str]
) -> StepError:
    """Say that a command failed and how to repeat it, after its own words.

    Args:
        what: What could not be done.
        command: The command.
        folder: Where it ran.
        done: How it ended.
    """
    report.say(*(done.stdout or "").rstrip().splitlines())
    return StepError(
        f"{what} (exit code {done.returncode}). The project is kept in {folder}: repeat "
        f"`{shlex.join(command)}` there when the cause is mended."
    )
