"""Linters, formatters, types and Django's checks have nothing to report."""

import sys

from tests.proofs.subject import ALL, Subject, production, run
from tests.rendering import write
from tests.shared import locked

READS = ALL

# The length of lines depends on names, and the order of imports too.
NAMES: tuple[dict[str, str], ...] = (
    {},
    {"project_name": "a" * 36, "app": "b" * 36},
    {"project_name": "z", "app": "a"},
)


def prove(subject: Subject) -> None:
    for number, names in enumerate(NAMES):
        project = subject.scratch / str(number)
        write({**subject.answers, **names}, project)
        for words in (["check"], ["format", "--check"]):
            run(subject.python, "-m", "ruff", *words, "--no-cache", cwd=project)
    djlint = [sys.executable, "-m", "djlint", "--profile=django", "--indent=2", "--quiet"]
    run(*djlint, "--check", "--lint", subject.scratch / "0", cwd=subject.scratch)
    # Only what differs from the last project is checked again.
    cache = subject.caches / f"mypy-{subject.answers['django']}"
    with locked(cache):
        subject.run("-m", "mypy", "--cache-dir", cache)
    manage = ["-W", "error", "manage.py"]
    # PostgreSQL would be asked which migrations it has.
    sqlite = {"DATABASE_URL": "sqlite:///:memory:"}
    subject.run(*manage, "check", "--fail-level=WARNING", **sqlite)
    subject.run(*manage, "makemigrations", "--check", "--dry-run", **sqlite)
    deployed = {**production(), **sqlite}
    subject.run(*manage, "check", "--deploy", "--fail-level=WARNING", **deployed)
