"""A generated project that something is proven of."""

import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from tests.questions import Answers

# Which files of a project a proof reads.
ALL, CODE, SITE, BESIDE = "all", "code", "site", "beside"
SECONDS_TO_RUN = 300

Services = Callable[[], AbstractContextManager[dict[str, str]]]
Browsers = Callable[[], AbstractContextManager[Browser]]


@dataclass(frozen=True)
class Subject:
    """A project, and what a proof needs besides.

    Attributes:
        name: The name of the project among those that share its caches.
        answers: What the project was generated from.
        folder: The project, with its environment in `.venv` where the proof runs its code.
        scratch: An empty folder for the proof.
        caches: A folder that the proofs of all projects share.
        services: Starts the services that the project may ask for, and yields the environment
            variables that name them. A project ignores the variables of services it does not use.
        browser: Runs a headless Chromium.
    """

    name: str
    answers: Answers
    folder: Path
    scratch: Path
    caches: Path
    services: Services
    browser: Browsers

    @property
    def python(self) -> str:
        """The interpreter of the project's environment."""
        return str(self.folder / ".venv/bin/python")

    def run(self, *arguments: str | Path, **env: str) -> str:
        """Run the project's Python in its folder; return the output."""
        return run(self.python, *arguments, cwd=self.folder, env=env)

    def server(self, port: int) -> list[str]:
        """Return the command that serves the project at a port."""
        return [self.python, "manage.py", "serve", f"--port={port}"]


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a program, which must succeed; return its output."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, **(env or {})},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_TO_RUN,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}"
    return done.stdout


def production() -> dict[str, str]:
    """Return the environment variables that the README requires in production."""
    return {
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_TLS_PROXY": "True",
        "DEBUG": "False",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.com",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "SECRET_KEY": "x" * 20 + "production-only" * 3,
    }
