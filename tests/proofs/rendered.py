"""By cookiecutter and by the command: the same bytes, and good files."""

import sys

from tests.proofs.subject import ALL, Subject, run
from tests.questions import flags
from tests.rendering import render
from tests.sources import check, contents

READS = ALL


def prove(subject: Subject) -> None:
    project = render(subject.answers, subject.scratch / "by cookiecutter")
    command = [sys.executable, "-m", "django_asgi_new", "mysite", "-q", *flags(subject.answers)]
    run(*command, cwd=subject.scratch)
    made = subject.scratch / "mysite"
    assert contents(project) == contents(made)
    assert (project / ".env").read_bytes() != (made / ".env").read_bytes()
    check(project)
