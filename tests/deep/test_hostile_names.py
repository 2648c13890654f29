"""Many more hostile names, for the reasons that tests/cli has an example of."""

from pathlib import Path

import pytest

from tests.cli.refusals import check_name
from tests.names import BAD_NAMES, MORE_BAD_NAMES, ONE_A_REASON

NAMES = [*(name for name in BAD_NAMES if name not in ONE_A_REASON), *MORE_BAD_NAMES]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name(here: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    check_name(here, capfd, name)
