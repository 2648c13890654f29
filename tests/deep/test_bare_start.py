"""The servers' own commands, without the options of `serve` and `runserver`."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects.clients import free_port, get, hear, open_socket, running, say
from tests.projects.servers import by_server, copy, production, python, servers
from tests.questions import Answers

COMMANDS = {
    "uvicorn": ["uvicorn", "mysite.asgi:application", "--port={port}"],
    "daphne": ["daphne", "mysite.asgi:application", "--port={port}"],
    "hypercorn": ["hypercorn", "mysite.asgi:application", "--bind=127.0.0.1:{port}"],
    "granian": ["granian", "--interface=asgi", "mysite.asgi:application", "--port={port}"],
}


@pytest.mark.parametrize("mode", ["development", "production"])
@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_bare_start_serves_the_site(
    answers: Answers, mode: str, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project, port = make_project(answers), free_port()
    environment = production(project)
    if mode == "development":
        # Files are served from the apps: nothing is collected.
        project = copy(project, tmp_path)
        environment = {"DEBUG": "True"}
    module, *options = COMMANDS[str(answers["server"])]
    command = [python(project), "-m", module, *(option.format(port=port) for option in options)]
    with running(command, port, project, **environment):
        status, _, page = get(port, "/")
        assert status == 200
        files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
        assert len(files) > 1
        assert {get(port, file)[0] for file in files} == {200}
        with open_socket(port) as client:
            say(client, "hi")
            assert hear(client)["message"] == "hi"
