"""Linters, formatters, types and Django's checks have nothing to report."""

import sys

from tests.environments import render
from tests.proofs.subject import ALL, Subject, production, run

READS = ALL

# The length of lines depends on names, and the order of imports too.
NAMES: tuple[dict[str, str], ...] = (
    {},
    {"project_name": "a" * 36, "app": "b" * 36},
    {"project_name": "z", "app": "a"},
)


def prove(subject: Subject) -> None:
    for number, names in enumerate(NAMES):
        project = render({**subject.answers, **names}, subject.scratch / str(number))
        for words in (["check"], ["format", "--check"]):
            run(subject.python, "-m", "ruff", *words, "--no-cache", cwd=project)
    pages = render(subject.answers, subject.scratch / "pages")
    djlint = [sys.executable, "-m", "djlint", "--profile=django", "--indent=2", "--quiet"]
    for word in ("--check", "--lint"):
        run(*djlint, word, pages, cwd=subject.scratch)
    # Only what differs from the last project is checked again.
    subject.run("-m", "mypy", "--cache-dir", subject.caches / f"mypy-{subject.answers['django']}")
    manage = ["-W", "error", "manage.py"]
    # PostgreSQL would be asked which migrations it has.
    sqlite = {"DATABASE_URL": "sqlite:///:memory:"}
    subject.run(*manage, "check", "--fail-level=WARNING", **sqlite)
    subject.run(*manage, "makemigrations", "--check", "--dry-run", **sqlite)
    deployed = {**production(), **sqlite}
    subject.run(*manage, "check", "--deploy", "--fail-level=WARNING", **deployed)
