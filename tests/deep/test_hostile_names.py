"""Many more hostile names, for the reasons that tests/cli has an example of."""

from pathlib import Path

import pytest

from tests.cli.refusals import check_name
from tests.names import MORE_BAD_NAMES


@pytest.mark.parametrize("name", MORE_BAD_NAMES, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name(here: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    check_name(here, capfd, name)
