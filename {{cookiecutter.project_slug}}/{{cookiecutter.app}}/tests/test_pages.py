"""Tests of the page."""

import pytest
from django.conf import LazySettings, settings
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_script_prefix
from django.urls import include, path


def deny(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def fail(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("denied", deny),
    path("failed", fail),
    path("", include(settings.ROOT_URLCONF)),
]


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


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("url", "status"), [("/denied", 403), ("/nothing", 404), ("/failed", 500)])
def test_error_pages_have_the_style_of_the_site(url: str, status: int) -> None:
    response = Client(raise_request_exception=False).get(url)
    assert response.status_code == status
    assert "{{ cookiecutter.app }}/site.css" in response.text
    assert "site-header" in response.text


def test_static_files_are_found() -> None:
    for name in ("index.js", "site.css"):
        assert finders.find(f"{{ cookiecutter.app }}/{name}"), name
