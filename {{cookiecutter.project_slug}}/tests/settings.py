"""The project's settings, in an environment that needs no .env file."""

import os

os.environ.update(
    ALLOWED_HOSTS="localhost",
    DEBUG="True",
    SECRET_KEY="for-tests-only",  # noqa: S106
)
# Used where the caller set it, never as .env has it: a test must not touch the data of development.
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")
{% if cookiecutter.layer == 'redis' %}
# Empty stands for the embedded Valkey that conftest.py starts.
os.environ.setdefault("REDIS_URL", "")
{% endif %}

from {{ cookiecutter.__package }}.settings import *  # noqa: F403

# As in development: nothing has collected the static files.
SERVESTATIC_AUTOREFRESH = True
SERVESTATIC_USE_FINDERS = True
