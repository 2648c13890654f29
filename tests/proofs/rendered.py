"""Twice by cookiecutter and once by the command: the same bytes, and good files."""

import sys

from tests.environments import render
from tests.proofs.subject import ALL, Subject, run
from tests.questions import flags
from tests.sources import check, contents

READS = ALL


def prove(subject: Subject) -> None:
    first, second = (render(subject.answers, subject.scratch / number) for number in ("1", "2"))
    command = [sys.executable, "-m", "django_asgi_new", "mysite", "-q", *flags(subject.answers)]
    run(*command, cwd=subject.scratch)
    assert contents(first) == contents(second) == contents(subject.scratch / "mysite")
    made = (first, second, subject.scratch / "mysite")
    secrets = [(folder / ".env").read_bytes() for folder in made]
    assert len(set(secrets)) == len(secrets)
    check(first)
