"""The settings as they are in force in production."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from {{ cookiecutter.__package }}.environment import database, number, origins
{% if cookiecutter.layer == 'redis' %}
from {{ cookiecutter.__package }}.redis import redis_host
{% endif %}

from .server import command, free_port

PRODUCTION = {
    **os.environ,
    "ALLOWED_HOSTS": "example.com",
    "DEBUG": "False",
    "DJANGO_SETTINGS_MODULE": "{{ cookiecutter.__package }}.settings",
    "SECRET_KEY": "".join(chr(code) for code in range(ord("0"), ord("z"))),
{% if cookiecutter.database == 'postgres' %}
    "DATABASE_URL": "postgres://user:password@db.example.com/production",
{% endif %}
{% if cookiecutter.layer == 'redis' %}
    "REDIS_URL": "redis://redis.example.com:6379/0",
{% endif %}
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**PRODUCTION, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_deployment_checks_are_silent() -> None:
    done = manage("check", "--deploy", "--fail-level=WARNING")
    assert done.returncode == 0, done.stderr


def test_models_have_their_migrations() -> None:
    done = manage("makemigrations", "--check", "--dry-run", DATABASE_URL="sqlite:///:memory:")
    assert done.returncode == 0, done.stdout


def test_settings_in_force() -> None:
    # What Django makes of them, since it ignores a setting whose name it has given up.
    code = """
import json
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
print(json.dumps({
    "connections kept, seconds": connection.settings_dict["CONN_MAX_AGE"],
    "debug": settings.DEBUG,
    "layer": type(get_channel_layer()).__name__,
    "metrics": settings.METRICS,
    "secure cookies": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE],
    "static files": type(storages["staticfiles"]).__name__,
}))
"""
    done = manage("shell", "--command", code, "--verbosity=0")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "connections kept, seconds": 0,
        "debug": False,
{% if cookiecutter.layer == 'redis' %}
        "layer": "RedisPubSubChannelLayer",
{% else %}
        "layer": "InMemoryChannelLayer",
{% endif %}
        "metrics": False,
        "secure cookies": [True, True],
        "static files": "CompressedManifestStaticFilesStorage",
    }


{% if cookiecutter.layer == 'memory' %}
def test_check_says_how_far_the_channel_layer_reaches() -> None:
    assert "one process only" in manage("check").stderr
    assert "one process only" not in manage("check", DEBUG="True").stderr


{% endif %}
{% if cookiecutter.database == 'sqlite' %}
def test_sqlite_lets_read_while_it_writes(tmp_path: Path) -> None:
    code = """
from django.db import connection
with connection.cursor() as cursor:
    print(cursor.execute("PRAGMA journal_mode").fetchone()[0], connection.transaction_mode)
"""
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    done = manage("shell", "--command", code, "--verbosity=0", DATABASE_URL=url)
    assert done.stdout == "wal IMMEDIATE\n", done.stderr


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
    done = manage("check", METRICS="True", **{"METRICS_TOKEN": "t0ken", name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(complaint)
    assert "Traceback" not in done.stderr
    assert "p4ss" not in done.stderr


def test_port_that_is_none_is_one_clear_sentence() -> None:
    done = manage("runserver", "65536", "--noreload", DATABASE_URL="sqlite:///:memory:")
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
    code = "from django.conf import settings; print(settings.SECRET_KEY, settings.ALLOWED_HOSTS)"
    done = manage(
        "shell",
        "--command",
        code,
        "--verbosity=0",
        ALLOWED_HOSTS="a.example, b.example,",
        DEBUG="",
        LOG_LEVEL="info",
        SECRET_KEY="$HOME",  # noqa: S106
    )
    assert done.stdout == "$HOME ['a.example', 'b.example']\n", done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["manage.py", "check"],
        ["manage.py", "runserver", "0"],
        ["manage.py", "announce", "hi"],
        ["-m", *command(free_port())],
    ],
    ids=["check", "runserver", "announce", "server"],
)
def test_missing_secret_is_one_clear_sentence(tmp_path: Path, words: list[str]) -> None:
    # As in a fresh clone, which has no .env.
    clone = copytree(settings.BASE_DIR, tmp_path / "clone", ignore=ignore_patterns(".*"))
    done = subprocess.run(
        [sys.executable, *words],
        cwd=clone,
        env={name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Set the SECRET_KEY environment variable. " in done.stderr
    assert "Traceback" not in done.stderr
