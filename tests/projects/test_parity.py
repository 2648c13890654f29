"""What lets a page load and post a form lets its WebSocket open, and nothing else does."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.environments import runnable
from tests.projects.servers import production, python
from tests.questions import Answers, each

# Both versions of Django, of the projects that other tests use too.
FEW = runnable(each("server", "layer", "django")[:2])


@pytest.mark.parametrize("answers", FEW, ids=lambda answers: str(answers["django"]))
def test_hosts_and_origins(answers: Answers, make_project: Callable[[Answers], Path]) -> None:
    project = make_project(answers)
    result = subprocess.run(
        [python(project), Path(__file__).with_name("origins.py")],
        env={
            **os.environ,
            **production(project),
            "DJANGO_SETTINGS_MODULE": "mysite.settings",
            "PYTHONPATH": str(project),
            "REDIS_URL": "redis://127.0.0.1",
        },
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert result.stdout.startswith("The same for"), result.stdout
