"""Signals and failing writes, at many moments each: the whole project or no trace."""

from pathlib import Path

import pytest

from tests.cli.outcomes import ERRORS, SIGNALS, check_error, check_signal


@pytest.mark.long
# Together, the three signals come at every eighth moment from the first write on, and at each of
# the last ones.
@pytest.mark.parametrize(("name", "start"), [*zip(SIGNALS, range(0, 24, 8), strict=True)])
def test_a_signal_at_any_moment(here: Path, name: str, start: int) -> None:
    assert check_signal(here, name, 24, start) > 80


@pytest.mark.long
@pytest.mark.parametrize(("name", "start"), [*zip(SIGNALS, range(0, 48, 16), strict=True)])
def test_a_signal_at_any_moment_in_a_fresh_repository(here: Path, name: str, start: int) -> None:
    assert check_signal(here, name, 48, start, occupied=True) > 30


# Together, the four errors come at every third moment.
@pytest.mark.parametrize(("name", "start"), [*zip(ERRORS, range(0, 12, 3), strict=True)])
def test_a_failing_write_at_any_moment(here: Path, name: str, start: int) -> None:
    assert check_error(here, name, 12, start) > 20


# The last moments are those in which the project is put in its place.
@pytest.mark.parametrize(("name", "start"), [*zip(list(ERRORS)[:3], range(0, 12, 4), strict=True)])
def test_a_failing_write_in_a_fresh_repository(here: Path, name: str, start: int) -> None:
    assert check_error(here, name, 12, start, occupied=True) > 20
