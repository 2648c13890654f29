"""What the heavy tests of rendered projects share."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.deep import verdicts
from tests.environments import Environment, environment
from tests.projects.servers import copy, manage
from tests.questions import Answers, label
from tests.shared import shared


def pytest_configure(config: pytest.Config) -> None:
    """Let the tests be started in the order that `pytest_collection_modifyitems` gives them."""
    config.pluginmanager.register(verdicts, "deep-verdicts")
    config.addinivalue_line("markers", "long: this test takes most of a minute or more.")
    config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Run more tests at once than there are processors, since much of their time is waiting."""
    return (yield) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest: single tests, and then groups that share one process."""
    first = ("long", "xdist_group")
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in first])


@pytest.fixture(scope="session")
def environment_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """Return a function that installs the environment for a version of Django, once."""

    def make(django: str) -> Environment:
        def fill(folder: Path) -> None:
            environment(django, folder)

        return Environment(django, shared(tmp_path_factory, f"environment {django}", fill) / "env")

    return make


@pytest.fixture(scope="session")
def make_migrated(
    make_project: Callable[[Answers], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Answers], Path]:
    """Return a function that creates a project with a database, once in a test run.

    All tests with the same answers share it, so they must not change it: see `servers.copy`.
    """

    def make(answers: Answers) -> Path:
        def fill(folder: Path) -> None:
            manage(copy(make_project(answers), folder), "migrate", "--verbosity=0")

        return shared(tmp_path_factory, f"a migrated project {label(answers)}", fill) / "mysite"

    return make
