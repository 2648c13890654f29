"""What the development server makes of changes and of mistakes."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.projects.clients import SECONDS, free_port, get, logged, running, save, wait_until
from tests.projects.servers import by_server, copy, python, servers
from tests.questions import Answers

VIEWS = """
import time
from pathlib import Path

from django.http import HttpRequest, HttpResponse


def word(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("before")


def block(request: HttpRequest) -> HttpResponse:
    Path(request.GET["file"]).touch()
    time.sleep(3600)
    return HttpResponse()


urlpatterns += [path("word/", word), path("block/", block)]
"""
MISTAKE = "clas "


@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_a_change_is_taken_up(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    """Also while a view blocks, and when the change before it was a mistake."""
    project = copy(make_project(answers), tmp_path, urls=VIEWS)
    urls, consumers = project / "index/urls.py", project / "index/consumers.py"
    port, log = free_port(), tmp_path / "log"

    def says(text: str) -> bool:
        try:
            return get(port, "/word/")[2] == text
        except OSError:
            return False

    command = [python(project), "manage.py", "runserver", str(port)]
    with running(logged(command, log), port, project):
        assert says("before")
        block(port, tmp_path / "blocked")
        save(urls, urls.read_text().replace("before", "afterwards"), lambda: says("afterwards"))
        right = consumers.read_text()
        save(consumers, right.replace("class ", MISTAKE), lambda: "SyntaxError" in log.read_text())
        assert not says("afterwards")
        save(consumers, right, lambda: says("afterwards"))


@pytest.mark.parametrize("flags", [[], ["--noreload"]], ids=["reload", "noreload"])
@pytest.mark.parametrize("answers", servers("memory"), ids=by_server)
def test_ctrl_c_does_not_wait_for_views(
    answers: Answers, flags: list[str], make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path, urls=VIEWS)
    port = free_port()
    command = [python(project), "manage.py", "runserver", str(port), *flags]
    with running(command, port, project) as process:
        block(port, tmp_path / "blocked")
        # As a terminal does, to the reloader and to the server.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 0

        def is_free() -> bool:
            with suppress(OSError), socket.create_server(("127.0.0.1", port)):
                return True
            return False

        wait_until(is_free, "the port can be used again")


@pytest.mark.parametrize("answers", servers("memory")[:1], ids=by_server)
def test_without_a_reloader_a_mistake_ends_it(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    """It reports what is wrong, and that it has failed."""
    project = copy(make_project(answers), tmp_path)
    consumers = project / "index/consumers.py"
    consumers.write_text(consumers.read_text().replace("class ", MISTAKE))
    assert "SyntaxError" in failure(project, free_port())


@pytest.mark.parametrize("answers", servers("memory")[:1], ids=by_server)
def test_invalid_port_is_one_clear_sentence(
    answers: Answers, make_project: Callable[[Answers], Path]
) -> None:
    output = failure(make_project(answers), 65_536)
    assert "Error: bind(): port must be 0-65535" in output
    assert "Traceback" not in output


def failure(project: Path, port: int) -> str:
    """Run runserver without a reloader, which must fail; return its messages."""
    done = subprocess.run(
        [python(project), "manage.py", "runserver", "--noreload", str(port)],
        cwd=project,
        check=False,
        stderr=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 1
    return done.stderr


def block(port: int, file: Path) -> None:
    """Have a view block; the client does not wait for its answer."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"GET /block/?file={file} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        wait_until(file.exists, "the view blocks")
