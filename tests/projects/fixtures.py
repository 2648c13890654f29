"""Fixtures: real projects, made by the real command, and a real browser."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsers import chromium, install_chromium
from tests.questions import Answers, flags, label


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Answers], Path]:
    """Return a function that makes and installs a project; the same answers make it once."""
    made: dict[str, Path] = {}

    def make(answers: Answers) -> Path:
        key = label(answers)
        if key not in made:
            # A space, since paths have them.
            folder = tmp_path_factory.mktemp("a project")
            command = [sys.executable, "-m", "django_asgi_new", "mysite", "-o", str(folder)]
            subprocess.run([*command, "--install", *flags(answers)], check=True)
            made[key] = folder / "mysite"
        return made[key]

    return make


# Not for the session: Playwright keeps an event loop running, beside which no other can run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a headless Chromium, which is installed when the machine has none."""
    install_chromium()
    with chromium() as running:
        yield running
