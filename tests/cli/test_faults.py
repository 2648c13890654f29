"""Signals and failing writes, at some moments each: tests/deep has all of them."""

from pathlib import Path

import pytest

from tests.cli.outcomes import ERRORS, SIGNALS, check_error, check_signal


@pytest.mark.parametrize(("name", "start"), [*zip(SIGNALS, (0, 30, 60), strict=True)])
def test_a_signal(here: Path, name: str, start: int) -> None:
    assert check_signal(here, name, 90, start) > 5


@pytest.mark.parametrize("name", ERRORS)
def test_a_failing_write(here: Path, name: str) -> None:
    assert check_error(here, name, 80) > 3


@pytest.mark.parametrize(("name", "start"), [*zip(SIGNALS, (20, 50, 80), strict=True)])
def test_a_signal_in_a_fresh_repository(here: Path, name: str, start: int) -> None:
    assert check_signal(here, name, 90, start, occupied=True) > 5


@pytest.mark.parametrize(("name", "start"), [("ENOSPC", 0), ("EACCES", 40)])
def test_a_failing_write_in_a_fresh_repository(here: Path, name: str, start: int) -> None:
    assert check_error(here, name, 80, start, occupied=True) > 3
