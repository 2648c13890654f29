"""Many more hostile names, for the reasons that tests/cli has an example of."""

from pathlib import Path

import pytest

from tests.cli.refusals import check_name, check_refusal
from tests.names import BAD_NAMES, MORE_BAD_NAMES, ONE_A_REASON

# What no file system limits.
MOST = 36
NAMES = [*(name for name in BAD_NAMES if name not in ONE_A_REASON), *MORE_BAD_NAMES]
# cookiecutter passes them on to the hook like those of tests/cli, so the command alone is tried.
WORDS = [n for n in NAMES if n.isascii() and n.isalnum() and len(n) < MOST]


@pytest.mark.parametrize("name", WORDS)
def test_a_hostile_word(here: Path, name: str) -> None:
    check_refusal(here, name)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in WORDS], ids=lambda name: ascii(name)[:40]
)
def test_a_hostile_name(here: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    check_name(here, capfd, name)
