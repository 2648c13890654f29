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

from {{ cookiecutter.__package }}.environment import database, number, origins
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
        ("WS_MAX_CONNECTIONS", "-1", "WS_MAX_CONNECTIONS must be a whole number, not '-1'."),
        ("CSRF_TRUSTED_ORIGINS", "https://[", "CSRF_TRUSTED_ORIGINS must be like https://"),
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


def test_port_that_is_none_is_one_clear_sentence(commands: Commands) -> None:
    done = commands["port"].result()
    assert done.returncode == 1
    assert "Error: 127.0.0.1:65536 can't be used: " in done.stderr
    assert "Traceback" not in done.stderr


def test_url_of_a_database_is_taken_as_people_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "Postgres://user:p[ss@host:5432/name")
    config = database("DATABASE_URL")
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert config["PASSWORD"] == "p[ss"  # noqa: S105


@pytest.mark.parametrize(
    ("url", "host", "password"),
    [
        ("postgres://user:p%40ss@[2001:db8::1]:5432/name\n", "2001:db8::1", "p@ss"),
        ("postgres://user:p%40[::1]ss@host/name", "host", "p@[::1]ss"),
        ("postgres://user:p%40#s s@host/name", "host", "p@#s s"),
        ("postgres://user:p@ss@one:5432,two:5433/name", "one,two", "p@ss"),
        ("postgres://user@%2Frun%2Fpostgresql/name", "/run/postgresql", ""),
        ("postgres:///?service=name", "", ""),
        ("sqlite://:memory:", "", None),
        ("sqlite:////home/user@host/db.sqlite3", "", ""),
    ],
)
def test_url_of_a_database_means_the_same_on_every_python(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, password: str | None
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    config = database("DATABASE_URL")
    assert (config["HOST"], config.get("PASSWORD")) == (host, password)


@pytest.mark.parametrize(
    "host", ["[::1]x", "x[::1]", "[127.0.0.1]", "[::1%25lo]", "a\tb", "a:-1", "a:\u0665"]
)
def test_host_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://user:p4ss@{host}/name")
    with pytest.raises(ImproperlyConfigured) as refusal:
        database("DATABASE_URL")
    assert "p4ss" not in str(refusal.value)
{% if cookiecutter.layer == 'redis' %}
    for url in (f"redis://:p4ss@{host}/0", f"redis+sentinel://:p4ss@one,{host}/main"):
        with pytest.raises(ImproperlyConfigured) as refusal:
            redis_host(url)
        assert "p4ss" not in str(refusal.value)
{% endif %}


@pytest.mark.parametrize("rest", ["host", "host/", "host?service=name", "[::1]:1,[::2]:2/name"])
def test_url_of_a_database_that_would_be_misread_is_refused(
    monkeypatch: pytest.MonkeyPatch, rest: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://user:p%40ss@{rest}")
    with pytest.raises(ImproperlyConfigured):
        database("DATABASE_URL")


@pytest.mark.parametrize(
    "value", ["+1", "-1", "1_000", "1e3", "0x10", "\uff11", "\u0663", "\u00b2", "9" * 5_000]
)
def test_number_is_ascii_digits(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NUMBER", " 10\n")
    assert number("NUMBER", 0) == 10
    monkeypatch.setenv("NUMBER", value)
    with pytest.raises(ImproperlyConfigured):
        number("NUMBER", 0)


def test_origin_is_spelled_as_browsers_send_it(monkeypatch: pytest.MonkeyPatch) -> None:
    good = ["https://example.com", "http://[::1]:8000", "https://*.example.com", "app://localhost"]
    monkeypatch.setenv("ORIGINS", ", ".join(good))
    assert origins("ORIGINS") == good
    for bad in ("example.com", "https://example.com/", "https://Example.com", "https://[::1]x"):
        monkeypatch.setenv("ORIGINS", bad)
        with pytest.raises(ImproperlyConfigured):
            origins("ORIGINS")


{% if cookiecutter.layer == 'redis' %}
def test_sentinels_are_found_by_name_and_by_address() -> None:
    sentinels = "sentinel.example.com:26379,[2001:db8::1]:26380"
    host = redis_host(f"redis+sentinel://:p%40ss@{sentinels}/primary/2")
    assert host["sentinels"] == [("sentinel.example.com", 26379), ("2001:db8::1", 26380)]
    assert (host["master_name"], host["password"], host["db"]) == ("primary", "p@ss", 2)


@pytest.mark.parametrize(
    ("url", "username", "password"),
    [
        ("redis+sentinel://one,[::1]/main", None, None),
        ("Redis+Sentinel://user@one,[::1]/main/", "user", None),
        ("redis+sentinel://us%3Aer:p@s%2Fs@one,[::1]:26379/main/0\n", "us:er", "p@s/s"),
    ],
)
def test_what_may_be_left_out_of_the_url_of_sentinels(
    url: str, username: str | None, password: str | None
) -> None:
    host = redis_host(url)
    assert host["sentinels"] == [("one", 26379), ("::1", 26379)]
    assert (host["master_name"], host["db"]) == ("main", 0)
    assert (host["username"], host["password"]) == (username, password)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://host",
        "redis+sentinel://host/",
        "redis+sentinel://:26379/main",
        "redis+sentinel://host:26379,,two/main",
        "redis+sentinel://host:+1/main",
        "redis+sentinel://host:1_0/main",
        "redis+sentinel://host:65536/main",
        "redis+sentinel://::1:26379/main",
        "redis+sentinel://[:::]/main",
        "redis+sentinel://host/main/two",
        "redis+sentinel://host/main/-1",
        "redis+sentinel://host/main/1/2",
        "redis+sentinel://host/main?db=1",
        "redis+sentinel://:p/4ss@host/main",
        "redis://",
        "redis://one,two/0",
        "redis://host:0",
        "redis://host:65536",
        "redis://host/zero",
        "redis://host/1/2",
        "redis://host?db=zero",
        "redis://:p[::1]@host",
        "unix://run/redis.sock",
        "http://host",
    ],
)
def test_url_of_redis_that_would_be_misread_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        redis_host(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://host",
        "Redis://user:p@ss@host_1.example.com:6379/0?socket_timeout=1",
        "rediss://:p%40ss@[2001:db8::1]:6379/",
        "unix:///run/redis.sock?db=1",
    ],
)
def test_url_of_redis_is_left_to_its_library(url: str) -> None:
    assert redis_host(f"{url}\n")["address"] == url


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
