"""Tests of the command `serve`. Other tests run the server that it executes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from realtime.management.commands.serve import server

# The command queries the database for unapplied migrations.
pytestmark = pytest.mark.django_db


@pytest.fixture
def execv(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mock]:
    """Replace os.execv, and restore the environment after the test."""
    for name in ("HOST", "PORT", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    with patch.dict(os.environ), patch("os.execv") as execv:
        yield execv


def test_environment_sets_the_address(execv: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "::1")
    monkeypatch.setenv("PORT", "8001")
    call_command("serve")
    command = execv.call_args.args[1]
    assert command == [sys.executable, "-m", *server("::1", 8001, 1)]
{% if cookiecutter.server == 'daphne' %}
    assert {"--bind=::1", "--port=8001"} < set(command)
{% elif cookiecutter.server == 'hypercorn' %}
    assert "--bind=[::1]:8001" in command
{% else %}
    assert {"--host=::1", "--port=8001"} < set(command)
{% endif %}


def test_options_have_precedence(execv: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8001")
    call_command("serve", "--port=8002", "--", "--help")
    command = execv.call_args.args[1]
    assert command[-1] == "--help"
    assert any("8002" in word for word in command)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "http", "PORT (--port) must be a number between 1 and 65535, not 'http'."),
        ("PORT", "65536", "PORT (--port) must be a number between 1 and 65535, not '65536'."),
        (
            "WEB_CONCURRENCY",
            "0",
            "WEB_CONCURRENCY (--workers) must be a number between 1 and 1000, not '0'.",
        ),
    ],
)
def test_invalid_variable_is_refused(
    execv: Mock, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CommandError) as error:
        call_command("serve")
    assert str(error.value) == message
    execv.assert_not_called()


{% if cookiecutter.layer == 'redis' and cookiecutter.server in ('granian', 'uvicorn') %}
def test_number_of_processes(execv: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    call_command("serve")
    assert "--workers=2" in execv.call_args.args[1]
{% else %}
def test_one_process_is_started_with_a_warning(
    execv: Mock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    call_command("serve")
    assert "Starting 1 process instead of 2: " in caplog.text
    assert "--workers=2" not in execv.call_args.args[1]
{% endif %}


def test_missing_static_files_are_an_error(
    execv: Mock, settings: LazySettings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "ops.storage.ModuleStaticFilesStorage"},
    }
    with pytest.raises(CommandError, match="collectstatic"):
        call_command("serve")
    execv.assert_not_called()


def test_unapplied_migrations_are_a_warning(execv: Mock, caplog: pytest.LogCaptureFixture) -> None:
    call_command("serve")
    assert "unapplied migration" not in caplog.text
    with patch("django.db.migrations.recorder.MigrationRecorder.applied_migrations") as applied:
        applied.return_value = {}
        call_command("serve")
    assert "unapplied migration(s). Run `manage.py migrate`." in caplog.text
    execv.assert_called()


def test_windows_starts_a_child_process(execv: Mock) -> None:
    with (
        patch("sys.platform", "win32"),
        patch("signal.signal"),
        patch("subprocess.run", return_value=Mock(returncode=3)),
        pytest.raises(SystemExit) as end,
    ):
        call_command("serve")
    assert end.value.code == 3
    execv.assert_not_called()
