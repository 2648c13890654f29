"""Real projects, made by the real command, and a real browser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.questions import Answers, flags, label

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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


def find_chromium() -> str | None:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


# Not for the session: Playwright keeps an event loop running, beside which no other can run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a headless Chromium, which is installed when the machine has none."""
    executable = find_chromium()
    if executable is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-qq", "--yes", "chromium"], check=True)
        executable = find_chromium()
    elif executable is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()
