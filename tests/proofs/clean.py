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

# Each command of its own would start Django anew.
CHECKS = """
from django.core.management import call_command
call_command("check", fail_level="WARNING")
call_command("makemigrations", check=True, dry_run=True)
"""


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
    subject.run(*manage, "shell", "-c", CHECKS, **sqlite)
    deployed = {**production(), **sqlite}
    subject.run(*manage, "check", "--deploy", "--fail-level=WARNING", **deployed)
