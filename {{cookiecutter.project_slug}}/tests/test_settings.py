"""The settings as they are in force in production."""

import os
import sys
import traceback
{% if cookiecutter.database == 'sqlite' %}
from pathlib import Path
{% endif %}
from typing import Any
from unittest.mock import patch

import pytest
from channels.layers import get_channel_layer
from django.conf import LazySettings, Settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.core.management import call_command
from django.db.utils import ConnectionHandler
{% if cookiecutter.database == 'sqlite' %}
from pytest_django import DjangoDbBlocker
{% endif %}

from {{ cookiecutter.__package }}.environment import database
{% if cookiecutter.layer == 'redis' %}
from {{ cookiecutter.__package }}.redis import redis_host
{% endif %}

from .commands import PRODUCTION, WITHOUT_SECRET, Commands


def production(**environment: str) -> Any:
    """Return the settings of production, as Django reads them from these variables."""
    name = PRODUCTION["DJANGO_SETTINGS_MODULE"]
    with patch.dict(os.environ, PRODUCTION | environment, clear=True), patch.dict(sys.modules):
        sys.modules.pop(name, None)
        return Settings(name)


def test_deployment_checks_are_silent(commands: Commands) -> None:
    done = commands["deploy"].result()
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_models_have_their_migrations() -> None:
    # Ends with an error if one is missing.
    call_command("makemigrations", check_changes=True, dry_run=True)


def test_settings_in_force(settings: LazySettings) -> None:
    # What Django makes of them, since it ignores a setting whose name it has given up.
    values = production()
    assert ConnectionHandler(values.DATABASES)["default"].settings_dict["CONN_MAX_AGE"] == 0
    assert values.DEBUG is False
    assert values.METRICS is False
    assert values.SESSION_COOKIE_SECURE is True
    assert values.CSRF_COOKIE_SECURE is True
    settings.CHANNEL_LAYERS = values.CHANNEL_LAYERS
{% if cookiecutter.layer == 'redis' %}
    assert type(get_channel_layer()).__name__ == "RedisPubSubChannelLayer"
{% else %}
    assert type(get_channel_layer()).__name__ == "InMemoryChannelLayer"
{% endif %}
    settings.STORAGES = values.STORAGES
    assert type(storages["staticfiles"]).__name__ == "CompressedManifestStaticFilesStorage"


{% if cookiecutter.layer == 'memory' %}
def test_check_says_how_far_the_channel_layer_reaches(
    capsys: pytest.CaptureFixture[str], settings: LazySettings
) -> None:
    settings.DEBUG = False
    call_command("check")
    assert "one process only" in capsys.readouterr().err
    settings.DEBUG = True
    call_command("check")
    assert "one process only" not in capsys.readouterr().err


{% endif %}
{% if cookiecutter.database == 'sqlite' %}
def test_sqlite_lets_read_while_it_writes(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    values = production(DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    connection: Any = ConnectionHandler(values.DATABASES)["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.transaction_mode == "IMMEDIATE"
    connection.close()


{% endif %}
@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "", "Set the SECRET_KEY environment variable."),
        ("METRICS_TOKEN", "", "Set the METRICS_TOKEN environment variable."),
        ("DEBUG", "Flase", "DEBUG must be True or False, not 'Flase'."),
        ("WS_MAX_CONNECTIONS", "many", "WS_MAX_CONNECTIONS must be a whole number, not 'many'."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not 'loud'."),
        ("DATABASE_URL", "sqlite:db.sqlite3", "DATABASE_URL must be like postgres://"),
        ("DATABASE_URL", "postgres://user:p4ss@host:port/name", "DATABASE_URL must be like "),
{% if cookiecutter.layer == 'redis' %}
        ("REDIS_URL", "localhost", "REDIS_URL must be like redis://"),
        ("REDIS_URL", "redis://:[p4ss]@host:6379/0", "REDIS_URL must be like redis://"),
        ("REDIS_URL", "redis://host:port", "REDIS_URL must be like redis://"),
        ("REDIS_URL", "redis+sentinel://host:26379", "REDIS_URL must be like redis://"),
{% endif %}
    ],
)
def test_wrong_variable_is_one_clear_sentence(name: str, value: str, complaint: str) -> None:
    # manage.py and asgi.py make a sentence of it, as the last test shows.
    with pytest.raises(ImproperlyConfigured) as error:
        production(METRICS="True", **{"METRICS_TOKEN": "t0ken", name: value})
    assert f"{error.value}.".startswith(complaint)
    assert "p4ss" not in "".join(traceback.format_exception(error.value))


def test_url_of_a_database_is_taken_as_people_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "Postgres://user:p[ss@host:5432/name")
    config = database("DATABASE_URL")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert config["PASSWORD"] == "p[ss"  # noqa: S105


{% if cookiecutter.layer == 'redis' %}
def test_sentinels_are_found_by_name_and_by_address() -> None:
    sentinels = "sentinel.example.com:26379,[2001:db8::1]:26380"
    host = redis_host(f"redis+sentinel://:p%40ss@{sentinels}/primary/2")
    assert host["sentinels"] == [("sentinel.example.com", 26379), ("2001:db8::1", 26380)]
    assert (host["master_name"], host["password"], host["db"]) == ("primary", "p@ss", 2)


{% endif %}
def test_variables_are_taken_as_they_are() -> None:
    values = production(
        ALLOWED_HOSTS="a.example, b.example,",
        DEBUG="",
        LOG_LEVEL="info",
        SECRET_KEY="$HOME",  # noqa: S106
    )
    assert values.ALLOWED_HOSTS == ["a.example", "b.example"]
    assert values.DEBUG is False
    assert values.LOGGING["root"]["level"] == "INFO"
    assert values.SECRET_KEY == "$HOME"  # noqa: S105


@pytest.mark.parametrize("name", WITHOUT_SECRET)
def test_missing_secret_is_one_clear_sentence(commands: Commands, name: str) -> None:
    done = commands[name].result()
    assert done.returncode == 1
    assert "Set the SECRET_KEY environment variable. " in done.stderr
    assert "Traceback" not in done.stderr
