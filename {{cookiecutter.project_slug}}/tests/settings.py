"""The project's settings, in an environment that needs no .env file."""

import os

os.environ.update(
    ALLOWED_HOSTS="localhost",
    DEBUG="True",
    SECRET_KEY="for-tests-only",  # noqa: S106
)
# Used where the caller set it, never as .env has it: a test must not touch the data of development.
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or "sqlite:///:memory:"
{% if cookiecutter.layer == 'redis' %}
# Without one, conftest.py starts a Valkey, and says where it is.
os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or "redis://embedded"
{% endif %}

from {{ cookiecutter.__package }}.settings import *  # noqa: F403

{% if cookiecutter.layer == 'redis' %}
EMBEDDED_REDIS = os.environ["REDIS_URL"] == "redis://embedded"
{% endif %}
# Nothing has collected the static files: the server finds them as in development.
SERVESTATIC_USE_STATIC_ROOT = False
