"""Tests of the settings in production."""

import logging
import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from channels.layers import get_channel_layer
from django.conf import LazySettings, Settings
from django.conf import settings as current
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db.utils import ConnectionHandler
from environs import EnvError
{% if cookiecutter.database == 'sqlite' %}
from pytest_django import DjangoDbBlocker
{% endif %}

from ops.environment import Environment, origin
from ops.mail import EmailBackend, smtp
{% if cookiecutter.layer == 'redis' %}
from realtime.redis import redis_host
{% endif %}

from .commands import PRODUCTION, WITHOUT_SECRET, Commands, running_commands

NO_SECRET = 'Environment variable "SECRET_KEY" not set\n.env.example describes'


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Start the commands whose error output the tests read."""
    with running_commands() as commands:
        yield commands


@pytest.fixture(scope="module", autouse=True)
def start_early(request: pytest.FixtureRequest) -> None:
    """Start the commands early if a test requires them, while other tests run."""
    if any("commands" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("commands")


def production(**environment: str) -> Any:
    """Return the settings of production, as Django reads them from these variables."""
    name = PRODUCTION["DJANGO_SETTINGS_MODULE"]
    with patch.dict(os.environ, PRODUCTION | environment, clear=True), patch.dict(sys.modules):
        sys.modules.pop(name, None)
        return Settings(name)


@pytest.mark.django_db
def test_models_have_their_migrations() -> None:
    # Exits with an error if one is missing.
    call_command("makemigrations", check_changes=True, dry_run=True)


def test_effective_settings(settings: LazySettings) -> None:
    # As Django reads them: it ignores settings that it no longer supports.
    values = production()
    assert ConnectionHandler(values.DATABASES)["default"].settings_dict["CONN_MAX_AGE"] == 0
    assert values.DEBUG is False
    assert values.METRICS is False
    assert "ops.metrics.metrics_middleware" not in values.MIDDLEWARE
    assert values.SESSION_COOKIE_SECURE is True
    assert values.CSRF_COOKIE_SECURE is True
    settings.CHANNEL_LAYERS = values.CHANNEL_LAYERS
{% if cookiecutter.layer == 'redis' %}
    assert type(get_channel_layer()).__name__ == "RedisPubSubChannelLayer"
{% else %}
    assert type(get_channel_layer()).__name__ == "MemoryChannelLayer"
{% endif %}
    settings.STORAGES = values.STORAGES
    assert type(storages["staticfiles"]).__name__ == "ModuleStaticFilesStorage"


{% if cookiecutter.layer == 'memory' %}
def test_check_reports_the_in_memory_channel_layer(
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
def test_sqlite_reads_do_not_wait_for_writes(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    values = production(DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    connection: Any = ConnectionHandler(values.DATABASES)["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.transaction_mode == "IMMEDIATE"
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_other_users_cannot_read_the_database(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    values = production(DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    connection: Any = ConnectionHandler(values.DATABASES)["default"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE messages (text)")
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    connection.close()
    assert modes == dict.fromkeys(["db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal"], "0o600")


{% endif %}
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SECRET_KEY", "", 'Environment variable "SECRET_KEY" not set'),
        ("METRICS_TOKEN", "", 'Environment variable "METRICS_TOKEN" not set'),
        ("DEBUG", "Flase", 'Environment variable "DEBUG" invalid: Not a valid boolean.'),
        ("WS_MAX_CONNECTIONS", "many", 'Environment variable "WS_MAX_CONNECTIONS" invalid: '),
        ("LOG_LEVEL", "loud", 'Environment variable "LOG_LEVEL" invalid: Not a valid log level.'),
        ("CSRF_TRUSTED_ORIGINS", "https://[", "CSRF_TRUSTED_ORIGINS must be like https://"),
        ("PROXY_NETWORKS", "10.0.0.1/8", "PROXY_NETWORKS must be like 192.0.2.0/24, not '10.0.0.1"),
        ("FORCE_SCRIPT_NAME", "app", "FORCE_SCRIPT_NAME must be like /app, not 'app'."),
        ("EMAIL_URL", "smtps://user:p4ss@host", "EMAIL_URL must be like smtp+tls://user:"),
        ("EMAIL_URL", "smtp://user:p4ss@host:port", "EMAIL_URL must be like smtp+tls://user:"),
        ("DATABASE_URL", "host:p4ss", 'Environment variable "DATABASE_URL" invalid: Not a valid'),
        ("DATABASE_URL", "postgres://u:p4ss@host:port/name", 'Environment variable "DATABASE_URL"'),
        ("DATABASE_URL", "postgres://u:p4ss[@host/name", 'Environment variable "DATABASE_URL"'),
{% if cookiecutter.layer == 'redis' %}
        ("REDIS_URL", "localhost", "REDIS_URL must be like redis://"),
        ("REDIS_URL", "redis://:[p4ss]@host:6379/0", "REDIS_URL must be like redis://"),
        ("REDIS_URL", "redis://host:port", "REDIS_URL must be like redis://"),
        ("REDIS_URL", "redis+sentinel://host:26379", "REDIS_URL must be like redis://"),
{% endif %}
    ],
)
def test_invalid_variable_is_reported_clearly(name: str, value: str, message: str) -> None:
    # manage.py and asgi.py print it, as tests below show.
    with pytest.raises((EnvError, ImproperlyConfigured)) as error:
        production(METRICS="True", **{"METRICS_TOKEN": "t0ken", name: value})
    assert str(error.value).startswith(message)
    assert "p4ss" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    ("url", "host", "password"),
    [
        ("Postgres://user:p%40s%2Fs@[2001:db8::1]:5432/name\n", "2001:db8::1", "p@s/s"),
        ("postgres://user:p@ss@host/name", "host", "p@ss"),
        ("postgres://user@%2Frun%2Fpostgresql/name", "/run/postgresql", ""),
        ("postgres:///?service=name", "", ""),
        ("sqlite:////home/user@host/db.sqlite3", "", ""),
    ],
)
def test_database_url(url: str, host: str, password: str) -> None:
    config = production(DATABASE_URL=url).DATABASES["default"]
    assert (config["HOST"], config["PASSWORD"]) == (host, password)


{% if cookiecutter.layer == 'redis' %}
@pytest.mark.parametrize(
    "host", ["[::1]x", "x[::1]", "[127.0.0.1]", "[::1%25lo]", "a\tb", "a:-1", "a:\u0665"]
)
def test_invalid_host_is_refused(host: str) -> None:
    for url in (f"redis://:p4ss@{host}/0", f"redis+sentinel://:p4ss@one,{host}/main"):
        with pytest.raises(ImproperlyConfigured) as refusal:
            redis_host(url)
        assert "p4ss" not in str(refusal.value)


{% endif %}
@pytest.mark.parametrize(
    "text",
    [
        "\ufeffDEBUG=True\r\nSECRET_KEY=s${3}cret\r\n".encode(),
        "DEBUG=True\n# Schlüssel\nSECRET_KEY=s${3}cret\n".encode(),
    ],
    ids=["BOM and CRLF", "letters"],
)
def test_file_in_utf_8_is_read(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(text)
    with patch.dict(os.environ, clear=True):
        env = Environment(file)
        assert (env.bool("DEBUG"), os.environ["SECRET_KEY"]) == (True, "s${3}cret")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "cp1252"])
def test_file_in_another_encoding_is_reported_clearly(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / ".env"
    bom = "\ufeff" if encoding == "utf-16-be" else ""
    file.write_bytes(f"{bom}SECRET_KEY=s3cret-ü\r\n".encode(encoding))
    with pytest.raises(ImproperlyConfigured) as error:
        Environment(file)
    assert str(error.value) == f"{file} is not in UTF-8. Save it in UTF-8."
    assert "s3cret" not in "".join(traceback.format_exception(error.value))


def test_missing_file_leaves_variables_unset(tmp_path: Path) -> None:
    with patch.dict(os.environ, clear=True), pytest.raises(EnvError, match="not set"):
        Environment(tmp_path / ".env").str("SECRET_KEY")


def test_origin_is_spelled_as_browsers_send_it() -> None:
    good = ["https://example.com", "http://[::1]:8000", "https://*.example.com", "app://localhost"]
    found: list[str] = production(CSRF_TRUSTED_ORIGINS=", ".join(good)).CSRF_TRUSTED_ORIGINS
    assert found == good
    for bad in ("example.com", "https://example.com/", "https://Example.com", "https://[::1]x"):
        with pytest.raises(ImproperlyConfigured):
            origin(bad)


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://localhost", 25, False, False),
        ("smtp+tls://us%40er:p%2Fss+@mail.example.com", 587, True, False),
        ("smtp+ssl://us%40er:p%2Fss+@mail.example.com", 465, False, True),
        ("smtp+tls://us%40er:p%2Fss+@[2001:db8::1]:2525", 2525, True, False),
    ],
)
def test_mail_url(url: str, port: int, tls: bool, ssl: bool) -> None:
    server = smtp(url)
    assert (server["port"], server["use_tls"], server["use_ssl"]) == (port, tls, ssl)
    assert server["password"] == ("p/ss+" if "@" in url else "")


def test_mail_in_development_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    link = f"https://example.com/{'reset' * 20}/"
    EmailBackend().send_messages([EmailMessage("Ünïcode", link, to=["ada@example.com"])])
    assert f"To: ada@example.com\nSubject: Ünïcode\n\n{link}\n" in capsys.readouterr().out


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
def test_optional_parts_of_a_sentinel_url(
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
def test_redis_url_that_would_be_misread_is_refused(url: str) -> None:
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
def test_valid_redis_url_is_passed_on_unchanged(url: str) -> None:
    assert redis_host(f"{url}\n")["address"] == url


{% endif %}
def test_variables_are_not_expanded() -> None:
    values = production(
        FORCE_SCRIPT_NAME="/app/",
        ALLOWED_HOSTS="a.example, b.example",
        DEBUG="",
        LOG_LEVEL="debug",
        SECRET_KEY="${HOME}",
    )
    assert values.ALLOWED_HOSTS == ["a.example", "b.example"]
    assert (values.STATIC_URL, values.MEDIA_URL) == ("/app/static/", "/app/media/")
    assert values.DEBUG is False
    assert values.LOGGING["root"]["level"] == logging.DEBUG
    assert values.SECRET_KEY == "${HOME}"


def test_missing_secret_is_reported_by_manage_py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "runserver"])
    monkeypatch.delitem(sys.modules, PRODUCTION["DJANGO_SETTINGS_MODULE"])
    # As in a new process, which has not read any settings.
    unread = LazySettings()
    monkeypatch.setattr("django.conf.settings", unread)
    monkeypatch.setattr("django.core.management.settings", unread)
    with patch.dict(os.environ, WITHOUT_SECRET), pytest.raises(SystemExit) as end:
        runpy.run_path(str(current.BASE_DIR / "manage.py"), run_name="__main__")
    assert str(end.value).startswith(NO_SECRET)


def test_missing_secret_is_reported_by_the_server(commands: Commands) -> None:
    _, errors = commands["server"].communicate()
    assert commands["server"].returncode == 1
    assert NO_SECRET in errors
    assert "Traceback" not in errors


def test_deployment_checks_are_silent(commands: Commands) -> None:
    _, errors = commands["check"].communicate()
    assert commands["check"].returncode == 0, errors
