"""A page of an owner's app that uses `Connection` as the project's document shows it."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsers import find_chromium
from tests.deep import test_browser
from tests.deep.test_browser import ANSWERS, COUNT_ATTEMPTS, RECONNECT_MILLISECONDS, expect_live
from tests.projects.clients import free_port
from tests.projects.servers import copy, manage, serving_at
from tests.questions import Answers

pytestmark = pytest.mark.xdist_group("browser")

PATH = "/ws/rooms/7/"

CONSUMERS = """
class MembersConsumer(RoomConsumer):
    login_required = True


class ClosedConsumer(RoomConsumer):
    async def connect(self):
        await self.refuse(4403)
"""

ROUTING = """
from django.urls import path

from .consumers import ClosedConsumer, MembersConsumer, RoomConsumer

{documented}
websocket_urlpatterns += [
    path("ws/members/<int:room>/", MembersConsumer.as_asgi()),
    path("ws/closed/<int:room>/", ClosedConsumer.as_asgi()),
]
"""

PAGE = """
{% extends "base.html" %}
{% load static %}
{% block scripts %}<script type="module" src="{% static script %}"></script>{% endblock %}
"""

URLS = """
from django.views.generic import TemplateView

for name in ("rooms", "members", "closed"):
    context = {"script": f"rooms/{name}.js"}
    view = TemplateView.as_view(template_name="rooms/page.html", extra_context=context)
    urlpatterns.append(path(f"{name}/", view))
"""


def documented(project: Path, language: str, content: str) -> str:
    """Return the code block in the project's document that contains a text."""
    text = (project / "docs/realtime.md").read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found: str = next(block for block in blocks if content in block)
    return found


@pytest.fixture(scope="module")
def project(
    make_project: Callable[[Answers], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a project with the app `rooms`, whose code is the document's."""
    project = copy(make_project(ANSWERS), tmp_path_factory.mktemp("connection"))
    imports = documented(project, "python", "import FrameError, JsonConsumer")
    consumer = documented(project, "python", "class RoomConsumer")
    routing = documented(project, "python", "websocket_urlpatterns = [")
    script = documented(project, "js", "new Connection")
    files = {
        "__init__.py": "",
        "consumers.py": f"{imports}\n\n{consumer}{CONSUMERS}",
        "routing.py": ROUTING.format(documented=routing),
        "templates/rooms/page.html": PAGE,
        "static/rooms/rooms.js": script,
        "static/rooms/members.js": script.replace(PATH, "/ws/members/7/"),
        "static/rooms/closed.js": script.replace(PATH, "/ws/closed/7/"),
    }
    for name, text in files.items():
        file = project / "rooms" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip())
    for name, text in {
        "settings.py": 'INSTALLED_APPS += ["rooms"]\n',
        "routing.py": "import rooms.routing\n\n"
        "websocket_urlpatterns += rooms.routing.websocket_urlpatterns\n",
        "urls.py": URLS,
    }.items():
        file = project / "mysite" / name
        file.write_text(f"{file.read_text()}\n{text}")
    manage(project, "migrate", "-v0")
    manage(project, "collectstatic", "--no-input", "-v0")
    return project


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_init_script(COUNT_ATTEMPTS)
    yield page
    page.close()


def serving(project: Path, port: int, mode: str) -> AbstractContextManager[object]:
    if mode == "development":
        return test_browser.serving(project, port)
    return serving_at("127.0.0.1", port, project)


def hears_itself(page: Page) -> AbstractContextManager[object]:
    """Wait until the page's script has logged what it sent itself."""
    return page.expect_console_message(
        lambda message: "text: hi" in message.text, timeout=RECONNECT_MILLISECONDS
    )


def test_document_uses_ten_lines(project: Path) -> None:
    assert len((project / "rooms/static/rooms/rooms.js").read_text().splitlines()) <= 10


@pytest.mark.parametrize(
    ("mode", "module"),
    [
        ("development", r"/static/realtime/connection\.js"),
        ("production", r"/static/realtime/connection\.[0-9a-f]{12}\.js"),
    ],
)
def test_page_of_another_app_talks_and_reconnects(
    project: Path, page: Page, mode: str, module: str
) -> None:
    port = free_port()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with serving(project, port, mode):
        with hears_itself(page), page.expect_response(re.compile(module)) as loaded:
            page.goto(f"http://127.0.0.1:{port}/rooms/")
        assert loaded.value.ok
    with ExitStack() as server, hears_itself(page):
        server.enter_context(serving(project, port, mode))
    assert errors == []


@pytest.mark.parametrize(
    ("name", "words"), [("members", "Log in first."), ("closed", "Not allowed.")]
)
def test_page_that_is_refused_stops(project: Path, page: Page, name: str, words: str) -> None:
    port = free_port()
    page.clock.install()
    with serving(project, port, "development"):
        with page.expect_console_message(lambda message: message.text == words):
            page.goto(f"http://127.0.0.1:{port}/{name}/")
        page.clock.run_for(60_000)
        page.evaluate("dispatchEvent(new Event('online'))")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        assert page.evaluate("attempts") == 1


def test_page_closes_its_connection_while_another_is_shown(project: Path, browser: Browser) -> None:
    port = free_port()
    # Playwright turns off the cache for the browser's back button.
    caching = browser.browser_type.launch(
        executable_path=find_chromium(),
        args=["--no-sandbox", "--disable-gpu"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = caching.new_page()
    page.add_init_script(COUNT_ATTEMPTS)
    complaints: list[str] = []
    # Chromium logs a connection that it has to close itself.
    page.on("console", lambda message: complaints.append(message.text))
    with serving(project, port, "development"):
        page.goto(f"http://127.0.0.1:{port}/")
        expect_live(page)
        page.goto(f"http://127.0.0.1:{port}/accounts/login/")
        page.evaluate("setTimeout(() => history.back())")
        expect_live(page)
        # It was not loaded again.
        assert page.evaluate("attempts") == 2
    assert complaints == []
    caching.close()
