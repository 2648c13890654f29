"""What a browser, a load balancer and a person who logs in meet."""

import pytest
from channels.layers import get_channel_layer
from django.conf import LazySettings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client


@pytest.mark.django_db
def test_page_names_its_websocket(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "/ws/{{ cookiecutter.app }}/" in response.text


@pytest.mark.django_db
def test_only_developers_see_versions(client: Client, settings: LazySettings) -> None:
    assert "{{ cookiecutter.server|capitalize }}" not in client.get("/").text
    settings.DEBUG = True
    assert "{{ cookiecutter.server|capitalize }}" in client.get("/").text


@pytest.mark.django_db
def test_policy_allows_nothing_from_elsewhere(client: Client) -> None:
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


def test_metrics_are_off(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "{{ cookiecutter.app }}/index.js",
        "{{ cookiecutter.__package }}/site.css",
    ],
)
def test_static_files_are_found(path: str) -> None:
    assert finders.find(path)


def test_healthz_touches_nothing(client: Client) -> None:
    # Neither the database, which this test may not use, nor the host check.
    response = client.get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_readyz(client: Client) -> None:
    assert client.get("/readyz").json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_readyz_names_what_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
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
