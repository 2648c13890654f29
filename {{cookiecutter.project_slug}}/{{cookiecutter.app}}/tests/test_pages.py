"""Tests of the page."""

import pytest
from django.conf import LazySettings
from django.contrib.staticfiles import finders
from django.test import Client
from django.test.utils import override_script_prefix


@pytest.mark.django_db
def test_page_names_its_websocket(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "/ws/{{ cookiecutter.app }}/" in response.text


@pytest.mark.django_db
@override_script_prefix("/app/")
def test_page_may_have_a_prefix(client: Client) -> None:
    text = client.get("/").text
    assert 'data-websocket-path="/app/ws/{{ cookiecutter.app }}/"' in text
    assert 'href="/app/accounts/login/"' in text


@pytest.mark.django_db
def test_only_developers_see_versions(client: Client, settings: LazySettings) -> None:
    assert "{{ cookiecutter.server|capitalize }}" not in client.get("/").text
    settings.DEBUG = True
    assert "{{ cookiecutter.server|capitalize }}" in client.get("/").text


def test_static_files_are_found() -> None:
    for name in ("index.js", "site.css"):
        assert finders.find(f"{{ cookiecutter.app }}/{name}"), name
