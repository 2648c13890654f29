"""Commands of the project, each run as a process of its own in production's environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns

from django.conf import settings

from realtime.management.commands.serve import server
from realtime.testing import free_port

PRODUCTION = {
    **os.environ,
    "ALLOWED_HOSTS": "example.com",
    "DEBUG": "False",
    "DJANGO_SETTINGS_MODULE": "{{ cookiecutter.__package }}.settings",
    "EMAIL_URL": "smtp://mail.example.com",
    "METRICS": "",
    "SECRET_KEY": "".join(chr(code) for code in range(ord("0"), ord("z"))),
{% if cookiecutter.database == 'postgres' %}
    "DATABASE_URL": "postgres://user:password@db.example.com/production",
{% endif %}
{% if cookiecutter.layer == 'redis' %}
    "REDIS_URL": "redis://redis.example.com:6379/0",
{% endif %}
}
WITHOUT_SECRET = {
    "manage.py": ["manage.py", "runserver", "0"],
    "server": ["-m", *server("127.0.0.1", free_port(), 1)],
}
Commands = dict[str, Future[subprocess.CompletedProcess[str]]]


def run(words: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command and return its output."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running_commands(clone: Path) -> Iterator[Commands]:
    """Run all commands in the background; those without a secret run in a clone, without .env."""
    copytree(settings.BASE_DIR, clone, ignore=ignore_patterns(".*"))
    env = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    deploy = ["manage.py", "check", "--deploy", "--fail-level=WARNING"]
    # Two at a time, to leave time for the tests that run meanwhile.
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {
            "deploy": pool.submit(run, deploy, settings.BASE_DIR, PRODUCTION),
            **{n: pool.submit(run, WITHOUT_SECRET[n], clone, env) for n in WITHOUT_SECRET},
        }
