"""The development server: Django's flags, and Redis that does not answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.projects.clients import free_port, get, logged, running, wait_until
from tests.projects.servers import by_server, copy, production, python, servers
from tests.questions import Answers, label

STYLE = "/static/index/site.css"
REDIS = [
    pytest.param(a, id=by_server(a), marks=pytest.mark.xdist_group(label(a)))
    for a in servers("redis")
]


@contextmanager
def developing(project: Path, flag: str, **environment: str) -> Iterator[tuple[int, Path]]:
    """Run runserver; yield its port and its log."""
    port, log = free_port(), project.with_name("log")
    command = [python(project), "manage.py", "runserver", str(port), "--noreload", flag]
    with running(logged(command, log), port, project, **environment):
        yield port, log


@pytest.mark.parametrize("answers", REDIS)
def test_page_works_without_redis_and_with_static_files_that_are_not_collected(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path)
    redis = f"127.0.0.1:{free_port()}"
    environment = production(project)
    environment |= {"EMAIL_URL": "", "REDIS_URL": f"redis://user:p4ss@{redis}/0?password=p4ss"}
    with developing(project, "--insecure", **environment) as (port, log):
        status, _, page = get(port, "/")
        assert status == 200
        # Under its own name, since there is no manifest.
        assert f'href="{STYLE}"' in page
        assert get(port, STYLE)[0] == 200
        # Without EMAIL_URL there is no password reset.
        assert "password_reset" not in get(port, "/accounts/login/")[2]
        assert get(port, "/accounts/password_reset/")[0] == 404
        line = f"Redis does not answer at redis://{redis}/0 (REDIS_URL): "
        wait_until(lambda: line in log.read_text(), "the log names Redis")
        assert "p4ss" not in log.read_text()


@pytest.mark.parametrize("answers", servers("memory")[:1], ids=by_server)
def test_uploads_are_served_and_static_files_may_be_left_to_something_else(
    answers: Answers, make_project: Callable[[Answers], Path], tmp_path: Path
) -> None:
    project = copy(make_project(answers), tmp_path)
    (project / "media").mkdir()
    (project / "media/notes.txt").write_text("uploaded")
    with developing(project, "--nostatic") as (port, _):
        assert get(port, "/")[0] == 200
        assert get(port, STYLE)[0] == 404
        assert get(port, "/media/notes.txt")[2] == "uploaded"
