"""Many more hostile names, for the reasons that tests/cli has an example of."""

from pathlib import Path

import pytest
from django_asgi_new import template

from tests.cli.refusals import check_name, check_refusal
from tests.names import MORE_BAD_NAMES

# What no file system limits.
MOST = 36
# They reach the hook as those that tests/cli refuses by both ways.
WORDS = [n for n in MORE_BAD_NAMES if n.isascii() and n.isalnum() and len(n) < MOST]


@pytest.mark.parametrize("name", WORDS, ids=lambda name: name[:40])
def test_a_hostile_word(here: Path, name: str) -> None:
    said = check_refusal(here, name)
    problem, *_ = template.hook("pre_gen_project").problems({"project_name": name, "app": "index"})
    assert problem in said


@pytest.mark.parametrize(
    "name", [name for name in MORE_BAD_NAMES if name not in WORDS], ids=lambda n: ascii(n)[:40]
)
def test_a_hostile_name(here: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    check_name(here, capfd, name)
