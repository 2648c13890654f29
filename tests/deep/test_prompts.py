"""Every way to end the command at every question, on every terminal."""

from pathlib import Path

import pytest

from tests.cli.terminals import (
    ALL_ENDS,
    BEFORE,
    SOME_ENDS,
    TERMINALS,
    check_end,
    check_late_signal,
    check_questions,
)

OTHER_ENDS = [end for end in ALL_ENDS if end not in SOME_ENDS]


@pytest.mark.parametrize(
    ("kind", "arguments"), [*zip(TERMINALS, (["-i"], []), strict=True)], ids=TERMINALS
)
def test_questions(here: Path, kind: str, arguments: list[str]) -> None:
    check_questions(here, kind, arguments)


@pytest.mark.parametrize(("kind", "question", "way"), OTHER_ENDS)
def test_a_question_is_no_trap(here: Path, kind: str, question: str, way: str) -> None:
    check_end(here, kind, question, way)


@pytest.mark.parametrize("kind", TERMINALS)
@pytest.mark.parametrize("question", BEFORE)
def test_a_signal_right_before_the_wait_for_an_answer(here: Path, kind: str, question: str) -> None:
    check_late_signal(here, kind, question)
