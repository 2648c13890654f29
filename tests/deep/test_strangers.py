"""What a visitor can turn with headers, and the options that set the same on purpose."""

import re
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.deep.test_runserver import developing
from tests.projects.clients import SECONDS, free_port, get, open_socket, running
from tests.projects.servers import (
    by_server,
    copy,
    production,
    production_command,
    servers,
    serving,
)
from tests.questions import Answers

HOSTILE = {
    "Daphne-Root-Path": "https://evil.example",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "4430",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "https",
    "X-Real-IP": "203.0.113.9",
    "X-Rewrite-URL": "/admin/",
    "X-Script-Name": "/evil",
}
# A view that shows all that such a header could change.
SEEN = """
from django.http import HttpResponse

def seen(request):
    return HttpResponse(f"{request.build_absolute_uri()} {request.META['REMOTE_ADDR']}")

urlpatterns.append(path("seen/", seen))
"""
EVERY_SERVER = pytest.mark.parametrize("answers", servers("memory"), ids=by_server)


def ask(port: int, path: str, form: str = "", **headers: str) -> str:
    with closing(HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        connection.request("POST" if form else "GET", path, form or None, headers)
        response = connection.getresponse()
        assert response.status == 200
        return response.read().decode()


@EVERY_SERVER
def test_headers_of_a_visitor_change_nothing(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path, urls=SEEN)
    with (
        serving(project) as server,
        developing(project, "--insecure", **production(project)) as (port, _),
    ):
        for each in (server.port, port):
            expected = f"http://127.0.0.1:{each}/seen/ 127.0.0.1"
            for name, value in HOSTILE.items():
                assert ask(each, "/seen/", **{name: value}) == expected, name
            assert ask(each, "/", **HOSTILE) == ask(each, "/")


@EVERY_SERVER
def test_root_path_is_an_option(answers: Answers, make_project: Callable[[Answers], Path]) -> None:
    project, port = make_project(answers), free_port()
    command = [*production_command(project, port), "--root-path=/app"]
    with running(command, port, project, **production(project)):
        for passed_on in ("/app", ""):
            page = ask(port, f"{passed_on}/")
            assert 'href="/app/accounts/login/"' in page
            (script,) = re.findall(r'src="/app(/static/[^"]+\.js)"', page)
            assert get(port, f"{passed_on}{script}")[0] == 200
            assert ask(port, f"{passed_on}/", **HOSTILE) == page
            with open_socket(port, f"{passed_on}/ws/index/"):
                pass


@EVERY_SERVER
def test_client_past_the_proxy_can_not_choose_an_address(
    answers: Answers, make_migrated: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_migrated(answers), tmp_path)
    trusting = {"BEHIND_TLS_PROXY": "True", "PROXY_NETWORKS": "192.0.2.0/24"}
    with serving(project, **trusting) as server:
        status, headers, page = get(server.port, "/accounts/login/")
        assert status == 200
        (token,) = re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page)
        form = urlencode({"csrfmiddlewaretoken": token, "username": "ada", "password": "guess"})
        fields = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": headers["set-cookie"].partition(";")[0],
        }
        for number in range(6):
            fields["X-Forwarded-For"] = f"203.0.113.{number}"
            page = ask(server.port, "/accounts/login/", form, **fields)
        assert "Too many attempts" in page
