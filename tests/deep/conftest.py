"""What the heavy tests of rendered projects share."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.deep import verdicts
from tests.environments import Environment, environment
from tests.shared import shared


def pytest_configure(config: pytest.Config) -> None:
    """Let the tests be started in the order that `pytest_collection_modifyitems` gives them."""
    config.pluginmanager.register(verdicts, "deep-verdicts")
    config.addinivalue_line("markers", "long: this test takes most of a minute or more.")
    config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Run more tests at once than there are processors, since much of their time is waiting."""
    return (yield) + 1


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
