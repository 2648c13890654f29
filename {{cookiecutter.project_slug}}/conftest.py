"""The environment and the fixtures of all tests."""

import os

import django
{% if cookiecutter.database == 'postgres' %}
from django.conf import settings
from django.db import connection
{% endif %}

os.environ.update(
    ALLOWED_HOSTS="localhost",
    DEBUG="True",
    DJANGO_SETTINGS_MODULE="{{ cookiecutter.__package }}.settings",
    METRICS="True",
    METRICS_TOKEN="t0ken",  # noqa: S106
    SECRET_KEY="for-tests-only",  # noqa: S106
)
# The caller's variables are used, but not those in .env: tests must not touch development data.
{% if cookiecutter.database == 'postgres' %}
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or "sqlite:///tests.sqlite3"
{% else %}
os.environ.setdefault("DATABASE_URL", "")
{% endif %}
{% if cookiecutter.layer == 'redis' %}
# realtime.testing starts a Valkey if the caller has not set REDIS_URL.
os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or "redis://embedded"
{% endif %}

# Reads the settings in this environment.
django.setup()
{% if cookiecutter.database == 'postgres' %}
if connection.vendor == "sqlite":
    # In a file: in memory, SQLite would not let the threads of a test wait for each other.
    connection.settings_dict["TEST"]["NAME"] = settings.BASE_DIR / "test.sqlite3"
    connection.settings_dict["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
{% endif %}

pytest_plugins = ["realtime.testing.fixtures"]
