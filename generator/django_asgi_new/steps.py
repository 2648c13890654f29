"""Steps after rendering: the environment, the repository, the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_asgi_new import processes, report, resume

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from django_asgi_new.plan import Plan


def follow(plan: Plan, live: Callable[[str], None]) -> None:
    """Run the steps that the options request.

    The repository comes after the environment, so that its first commit contains the lock file.

    Args:
        plan: The plan.
        live: Called with the page's address as soon as the page answers.

    Raises:
        StepError: A step failed; the project is kept.
        signals.Stopped: A signal came.
    """
    if plan.run_options.run:
        from django_asgi_new import serve

        serve.check_urls(plan)
    if plan.run_options.install:
        install(plan)
    if plan.run_options.git:
        repository(plan)
    if plan.run_options.run:
        from django_asgi_new import serve

        serve.serve(plan, live)


def install(plan: Plan) -> None:
    """Create the project's environment with the Python that was found, and install into it.

    Args:
        plan: The plan.

    Raises:
        StepError: uv failed.
    """
    python = [*resume.python(plan), "--no-python-downloads"]
    with report.step("Created its environment"):
        done = processes.run([plan.uv, "venv", "--quiet", *python], plan.destination)
        if done.returncode:
            raise resume.failed("The environment could not be created", plan, done, "install")
    with report.step("Installed its dependencies"):
        done = processes.run([plan.uv, "sync", *python], plan.destination, show=True)
        if done.returncode:
            raise resume.failed("The dependencies could not be installed", plan, done, "install")


def repository(plan: Plan) -> None:
    """Create a repository with the project as its first commit.

    Args:
        plan: The plan.

    Raises:
        StepError: git failed.
    """
    if not _git(plan, "rev-parse", "--is-inside-work-tree").returncode:
        report.info("Created no repository: the folder is in one already.")
        return
    with report.step("Created a repository"):
        # Before 2.28, git had no option for the name of the first branch.
        if _git(plan, "init", "-q", "-b", "main").returncode:
            _must_git(plan, "init", "-q")
            _must_git(plan, "symbolic-ref", "HEAD", "refs/heads/main")
        _must_git(plan, "add", "-A")
    if _git(plan, "var", "GIT_COMMITTER_IDENT").returncode:
        report.info(
            "Created no commit, since git does not know who you are. Set user.name and "
            'user.email, then run `git commit -m "Initial commit"`.'
        )
        return
    _must_git(plan, "commit", "-q", "-m", "Initial commit")


def _git(plan: Plan, *arguments: str) -> subprocess.CompletedProcess[str]:
    return processes.run([plan.git, *arguments], plan.destination)


def _must_git(plan: Plan, *arguments: str) -> None:
    done = _git(plan, *arguments)
    if done.returncode:
        raise resume.failed("The repository could not be created", plan, done, "git")
