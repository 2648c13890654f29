"""A project on its way into production: with its static files, and a database with a user."""

import shutil
from pathlib import Path

from tests.proofs.subject import Subject, production
from tests.shared import filled

PASSWORD = "correct horse battery staple"  # noqa: S105
# Each command of its own would start Django anew.
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createsuperuser", interactive=False, username="ada", email="ada@example.com")
"""


def deployed(subject: Subject, services: dict[str, str]) -> dict[str, str]:
    """Return the environment variables of a project, whose static files have been collected.

    The proofs of one project share these files.
    """
    env = {**production(), **services}

    def collect(folder: Path) -> None:
        subject.run("manage.py", "collectstatic", "--no-input", "--verbosity=0", **env)
        for path in subject.folder.glob("staticfiles*"):
            path.rename(folder / path.name)

    kept = filled(subject.caches / f"static files of {subject.name}", collect)
    shutil.copytree(kept, subject.folder, dirs_exist_ok=True)
    return env


def add_user(subject: Subject, env: dict[str, str]) -> None:
    """Migrate the database, and create the administrator `ada`."""
    password = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    subject.run("manage.py", "shell", "-c", PREPARE, **env, **password)
