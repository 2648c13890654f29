"""Commands of the project that run in the background, in the environment of production."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
# Empty, which counts as not set and hides a value in .env.
WITHOUT_SECRET = {**PRODUCTION, "SECRET_KEY": ""}
Commands = dict[str, subprocess.Popen[str]]


def start(words: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    """Start a command."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running_commands() -> Iterator[Commands]:
    """Run all commands in the background."""
    deploy = ["manage.py", "check", "--deploy", "--fail-level=WARNING"]
    bare = ["-m", *server("127.0.0.1", free_port(), 1)]
    with start(deploy, PRODUCTION) as check, start(bare, WITHOUT_SECRET) as bare_server:
        yield {"check": check, "server": bare_server}
