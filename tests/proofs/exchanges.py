"""What every project does for those who visit it, on whatever server and layer."""

import os
import signal
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from tests.projects.clients import (
    SECONDS,
    free_port,
    get,
    hear,
    open_socket,
    running,
    save,
    say,
    wait_until,
)
from tests.projects.servers import python


def refuses_strangers(port: int, *, tls: bool = False) -> None:
    """A foreign origin, none, and a path that is not there are refused before the handshake."""
    for path, origin in (("/ws/index/", "https://evil.example"), ("/ws/nothing/", "")):
        with pytest.raises(InvalidStatus) as refusal:
            open_socket(port, path, origin, tls=tls)
        assert refusal.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{port}/ws/index/", proxy=None)
    assert refusal.value.response.status_code == 403


def chats(port: int, *, tls: bool = False) -> None:
    """What one client says, all hear; what is no message is answered, and harms nobody."""
    with open_socket(port, tls=tls) as alice, open_socket(port, tls=tls) as bob:
        for garbage in ("{", b"\xff", '{"type": "nothing"}', '{"message": 1}'):
            alice.send(garbage)
            assert hear(alice)["type"] == "error"
        say(alice, "你好!")
        assert hear(alice)["message"] == "你好!"
        assert hear(bob)["message"] == "你好!"


def reachable(port: int) -> bool:
    try:
        chats(port)
    except (OSError, WebSocketException):
        return False
    return True


def serves_in_development(project: Path, services: dict[str, str]) -> None:
    """`runserver` serves everything, starts again when a source changes, and ends at Ctrl-C."""
    port = free_port()
    command = [python(project), "manage.py", "runserver", str(port)]
    with running(command, port, project, **services) as server:
        for path, kind in (
            ("/", "text/html"),
            ("/static/index/index.js", "text/javascript"),
            ("/static/admin/css/base.css", "text/css"),
            ("/accounts/login/", "text/html"),
            ("/admin/login/", "text/html"),
            ("/readyz", "application/json"),
        ):
            status, headers, _ = get(port, path)
            assert (status, headers["content-type"].split(";")[0]) == (200, kind)
        chats(port)
        refuses_strangers(port)
        views = project / "index/views.py"
        source = views.read_text()
        with open_socket(port) as client:
            try:
                changed = source.replace('"about"', '"reloaded": True, "about"')
                save(views, changed, lambda: client.close_code is not None)
            finally:
                views.write_text(source)
        wait_until(lambda: reachable(port), "the server is back")
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait(timeout=SECONDS) == 0
