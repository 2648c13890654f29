"""Questions on a terminal: with arrow keys, by number, and what Ctrl-C does to them."""

from pathlib import Path

import pexpect
import pytest

from tests.cli.command import refused, tree
from tests.cli.terminals import (
    ENTER,
    SOME_ENDS,
    TERMINALS,
    check_end,
    check_late_signal,
    check_questions,
    terminal,
)


@pytest.mark.parametrize(
    ("kind", "arguments"), [*zip(TERMINALS, ([], ["-i"]), strict=True)], ids=TERMINALS
)
def test_questions(here: Path, kind: str, arguments: list[str]) -> None:
    check_questions(here, kind, arguments)


@pytest.mark.parametrize("kind", TERMINALS)
def test_only_what_no_flag_gave_is_asked(here: Path, kind: str) -> None:
    flags = ["--app=live", "--layer=redis", "--server=daphne", "--database=sqlite"]
    more = ["--django=5.2", "--docker", "--ci=none", "--language=de", "--no-color"]
    # What is a question is no talk, and --quiet leaves it.
    with terminal(here, "mysite", "-i", "-q", *flags, *more, kind=kind) as child:
        child.expect("Time zone")
        assert "\x1b[31m" not in (child.before or "")
        for word in ("Name", "app", "Channel", "server", "Database", "Django", "Docker", "Cont"):
            assert word not in (child.before or "")
        child.send(f"Berln{ENTER}")
        child.expect('Did you mean "Europe/Berlin"')
        if kind != "dumb":
            child.send("\x15")
        child.send(f"Europe/Berlin{ENTER}")
        child.expect("server +daphne")
        child.expect("Make it")
        child.send("n" if kind != "dumb" else f"maybe{ENTER}n{ENTER}")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 130
    assert tree(here) == {}


def test_a_bad_flag_is_refused_before_the_first_question(here: Path) -> None:
    with terminal(here, "-i", "--layer=redsi") as child:
        child.expect('The layer can\'t be "redsi". Did you mean "redis"')
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 2
        assert "Name of the project" not in (child.before or "")


@pytest.mark.parametrize(("kind", "question", "way"), SOME_ENDS)
def test_a_question_is_no_trap(here: Path, kind: str, question: str, way: str) -> None:
    check_end(here, kind, question, way)


@pytest.mark.parametrize("kind", TERMINALS)
def test_a_signal_right_before_the_wait_for_an_answer(here: Path, kind: str) -> None:
    check_late_signal(here, kind, "ASGI server")


def test_yes_asks_nothing_on_a_terminal(here: Path) -> None:
    with terminal(here, "mysite", "-y") as child:
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    with terminal(here, "-y", "--layer", "redis") as child:
        child.expect("run `django-asgi-new mysite -y --layer redis`")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 2


def test_questions_need_a_terminal(here: Path) -> None:
    assert refused(here, 2, "my site", "-i", "--layer=redis") == (
        "Error: --interactive needs a terminal to ask on: run `django-asgi-new 'my site' "
        "--layer=redis`.\n"
    )
