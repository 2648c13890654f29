"""Tests of health checks, security headers and metrics over HTTP."""

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


@pytest.mark.django_db
def test_content_security_policy(client: Client) -> None:
    headers = client.get("/").headers
    assert set(headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    }
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "microphone=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_malformed_session_key_is_not_looked_up(client: Client) -> None:
    cookie = 'sessionid="{}"'.format(r"\000" * 32)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/", headers={"cookie": cookie}).status_code == 200
    assert "django_session" not in str(queries.captured_queries)


def test_healthz_uses_no_database(client: Client) -> None:
    # Without the mark django_db, a query would fail. The host is not checked either.
    response = client.get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz(client: Client) -> None:
    assert client.get("/readyz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_names_failed_checks(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failed": ["database"]}
    monkeypatch.undo()
    monkeypatch.setattr(get_channel_layer(), "group_send", refuse)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failed": ["channel_layer"]}
