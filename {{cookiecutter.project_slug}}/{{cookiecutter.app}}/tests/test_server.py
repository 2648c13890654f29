"""Tests of the project on its real server."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest
{% if cookiecutter.layer == 'redis' %}
from django.core.management import call_command
{% else %}
from django.core.management import CommandError, call_command
{% endif %}
from websockets.exceptions import ConnectionClosed, InvalidStatus

{% if cookiecutter.layer == 'redis' %}
from realtime.testing import STOP_SECONDS, Client, Server
{% else %}
from realtime.testing import STOP_SECONDS, Server
{% endif %}

PATH = "/ws/{{ cookiecutter.app }}/"


def test_page_and_static_files(server: Server) -> None:
    connection = HTTPConnection(server.address)
    for path, kind in [
        ("/", "text/html"),
        ("/static/{{ cookiecutter.app }}/index.js", "text/javascript"),
        ("/static/{{ cookiecutter.app }}/site.css", "text/css"),
    ]:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == 200
        assert response.headers.get_content_type() == kind
    connection.close()


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        # Parsed, then refused, since it does not come from a page of the site.
        ("multipart/form-data; boundary=x; charset=utf-8", {403}),
        # Not a form, so only a view would parse it.
        ("application/json; charset=iso-8859-1", {403}),
        ("multipart/form-data; boundary=x; charset=punycode", {400}),
        ("multipart/form-data; boundary=x; charset=zlib", {400}),
        ("multipart/form-data; boundary=x; charset*=utf-8''%00", {400}),
        # Some releases of Django accept these.
        ("x; a*=utf-8''%00; a*0=x", {400, 403}),
        ("multipart/form-data; boundary*=none''x", {400, 403}),
        ("x" * 12_000, {400, 403}),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_unreadable_form_is_refused(server: Server, kind: str, statuses: set[int]) -> None:
    form = '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nada\r\n--x--\r\n'
    with closing(HTTPConnection(server.address)) as connection:
        connection.request("POST", "/accounts/login/", form, {"Content-Type": kind})
        assert connection.getresponse().status in statuses


{% if cookiecutter.server == 'hypercorn' %}
def test_upgrade_to_http_2_is_ignored(server: Server) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "", "Upgrade": "h2c"}
    with closing(HTTPConnection(server.address)) as connection:
        connection.request("GET", "/healthz", headers=upgrade)
        assert connection.getresponse().status == 200


def test_messages_are_not_compressed(server: Server) -> None:
    with server.open_socket(PATH) as client:
        assert not client.protocol.extensions


{% endif %}
def test_page_ignores_forwarding_headers_of_a_visitor(server: Server) -> None:
    with closing(HTTPConnection(server.address)) as connection:

        def page(**headers: str) -> bytes:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", "/", headers=fields)
            return connection.getresponse().read()

        expected = page()
        for url in ("https://evil.example", "//evil.example", "javascript:alert(1)//", "/evil"):
            assert page(Daphne_Root_Path=url) == expected
            assert page(X_Forwarded_Prefix=url, X_Script_Name=url, X_Original_URL=url) == expected
        evil = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}
        assert page(Forwarded="host=evil.example;proto=https", **evil) == expected


@pytest.mark.parametrize("target", ["@evil.example/", ".evil.example/", "evil.example/"])
def test_path_that_would_extend_the_host_is_refused(server: Server, target: str) -> None:
    with closing(HTTPConnection(server.address)) as connection:
        connection.request("GET", target)
        assert connection.getresponse().status == 400


def test_origin_check_ignores_forwarding_headers_of_a_visitor(server: Server) -> None:
    evil = {
        "Forwarded": "host=evil.example;proto=https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    for origin in (f"https://{server.address}", "http://evil.example", "https://evil.example"):
        with pytest.raises(InvalidStatus):
            server.open_socket(PATH, origin, evil)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", [PATH, "/"])
def test_handshake_with_a_body_is_answered(server: Server, method: str, path: str) -> None:
    handshake = {
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Upgrade": "websocket",
    }
    with closing(HTTPConnection(server.address, timeout=5)) as connection:
        connection.request(method, path, "body", handshake)
        assert 400 <= connection.getresponse().status < 500


def test_handshake_may_have_a_long_cookie(server: Server) -> None:
    with server.open_socket(PATH, headers={"Cookie": f"name={'x' * 12_000}"}) as client:
        client.send('{"type": "ping"}')
        assert json.loads(client.recv(timeout=5))["type"] == "pong"


def test_foreign_origin_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        server.open_socket(PATH, "https://evil.example")
    assert refusal.value.response.status_code == 403


{% if cookiecutter.layer == 'redis' %}
async def test_message_crosses_processes(server: Server) -> None:
    # Alice is connected to the application in this process, Bob to the server.
    async with Client(PATH) as alice:
        with server.open_socket(PATH) as bob:
            assert (await alice.ask('{"message": "hi"}'))["message"] == "hi"
            assert json.loads(bob.recv(timeout=5))["message"] == "hi"
            bob.send('{"message": "hi yourself"}')
            assert (await alice.receive_json())["message"] == "hi yourself"
            assert json.loads(bob.recv(timeout=5))["message"] == "hi yourself"


def test_announcement_reaches_the_server(server: Server) -> None:
    with server.open_socket(PATH) as client:
        call_command("announce", "closing at noon")
        assert json.loads(client.recv(timeout=5))["message"] == "closing at noon"
{% else %}
def test_message_reaches_everyone(server: Server) -> None:
    with server.open_socket(PATH) as alice, server.open_socket(PATH) as bob:
        alice.send('{"message": "hi"}')
        assert json.loads(alice.recv(timeout=5))["message"] == "hi"
        assert json.loads(bob.recv(timeout=5))["message"] == "hi"


def test_announcement_requires_redis() -> None:
    with pytest.raises(CommandError, match="in-memory channel layer"):
        call_command("announce", "closing at noon")
{% endif %}


def test_clients_receive_a_close_code_when_the_server_stops(server_to_stop: Server) -> None:
    with server_to_stop.open_socket(PATH) as client:
        server_to_stop.process.terminate()
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=STOP_SECONDS)
{% if cookiecutter.server == 'daphne' %}
        assert client.close_code == 4012
{% else %}
        assert client.close_code == 1012
{% endif %}
        server_to_stop.process.wait(timeout=STOP_SECONDS)
