"""What the tests of rendered projects share."""

from collections.abc import Callable

import pytest

from tests.deep.verdicts import pytest_collection_modifyitems, pytest_configure
from tests.environments import Environment, environment

__all__ = ["pytest_collection_modifyitems", "pytest_configure"]


@pytest.fixture(scope="session")
def environment_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """Return a function that makes the environment for a version of Django, once."""
    made: dict[str, Environment] = {}

    def make(django: str) -> Environment:
        if django not in made:
            made[django] = environment(django, tmp_path_factory.mktemp("environment"))
        return made[django]

    return make
