"""Fixtures: an empty folder, real projects, made by the real command, and a real browser."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsers import chromium, install_chromium
from tests.projects.servers import manage
from tests.questions import Answers, flags, label
from tests.shared import shared


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return an empty folder to run the command in."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Answers], Path]:
    """Return a function that creates and installs a project for production, once in a test run.

    All tests with the same answers share it, so they must not change it: see `servers.copy`.
    """

    def make(answers: Answers) -> Path:
        def fill(folder: Path) -> None:
            command = [sys.executable, "-m", "django_asgi_new", "mysite", "-o", str(folder)]
            subprocess.run([*command, "--install", *flags(answers)], check=True)
            manage(folder / "mysite", "collectstatic", "--no-input", "--verbosity=0")

        # A space, since paths have them.
        return shared(tmp_path_factory, f"a project {label(answers)}", fill) / "mysite"

    return make


# Not for the session: Playwright keeps an event loop running, beside which no other can run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a headless Chromium, which is installed when the machine has none."""
    install_chromium()
    with chromium() as running:
        yield running
