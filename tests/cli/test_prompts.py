"""Questions on a terminal: with arrow keys, by number, and what Ctrl-C does to them."""

from pathlib import Path

import pexpect
import pytest

from tests.cli.command import refused, tree
from tests.cli.terminals import (
    ALL_BUT_SERVER,
    BACK,
    DOWN,
    ENTER,
    SOME_ENDS,
    TERMINALS,
    check_end,
    check_late_signal,
    check_questions,
    correct,
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
        correct(child, kind, "Time zone", "Europe/Berlin")
        child.expect("server +daphne")
        child.expect("Create it")
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
        "Error: --interactive requires a terminal: run `django-asgi-new 'my site' --layer=redis`.\n"
    )


# Ctrl-O, Ctrl-Z, Ctrl-R, Ctrl-X Ctrl-E, Esc-#, a pasted text of two lines, a click, and F1.
NO_ANSWERS = "\x0f\x1a\x12\x07\x18\x05\x1b#\x1b[200~no\nno\r\x1b[201~\x1b[<0;9;9M\x1bOP"


def test_no_key_gives_an_invalid_answer(here: Path) -> None:
    flags = ["--app=live", "--database=sqlite", "--django=5.2", "--language=de", "--time-zone=UTC"]
    with terminal(here, "-i", "mysite", *flags) as child:
        # Alt-Enter, Esc and Enter, and Ctrl-J are Enter.
        for question, enter in (
            ("Channel layer", "\x1b\r"),
            ("ASGI server", "\x1b" + ENTER),
            ("Dockerfile", "\x1b\r"),
            ("Continuous integration", "\n"),
        ):
            child.expect(question)
            child.send(NO_ANSWERS)
            child.send(enter)
        for row in ("layer +memory", "server +uvicorn", "docker +yes", "ci +github", "Create it"):
            child.expect(row)
        child.send(NO_ANSWERS + "\x1b\r")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    assert (here / "mysite" / "Dockerfile").is_file()


def test_no_key_gives_an_invalid_text(here: Path) -> None:
    flags = [flag for flag in ALL_BUT_SERVER if flag not in ("mysite", "--app=live")]
    with terminal(here, *flags, "--server=daphne") as child:
        child.expect("Name of the project")
        # What is pasted may end with a line break, but does not give two answers.
        child.send("\x1b[200~one\n\x1b[201~\x1b\r")
        child.expect("Name of the first Django app")
        child.send("two\x0f")
        child.expect("project name +one")
        child.expect("app +two")
        child.expect("Create it")
        child.send("n")
        child.expect(pexpect.EOF)


@pytest.mark.parametrize("kind", TERMINALS)
def test_the_way_back(here: Path, kind: str) -> None:
    back = f"<{ENTER}" if kind == "dumb" else BACK
    hint = r"\([^)]*(<|Shift-Tab) goes back\)"
    flags = [flag for flag in ALL_BUT_SERVER if flag not in ("mysite", "--app=live")]
    with terminal(here, *flags, kind=kind) as child:
        child.expect("Name of the project")
        # There is nothing before the first question.
        child.send(f"one{ENTER}")
        child.expect("first Django app")
        assert "goes back" not in (child.before or "")
        child.expect(hint)
        child.send(back)
        correct(child, kind, "Name of the project .*one", "two")
        child.expect("first Django app")
        child.send(ENTER)
        child.expect("granian: written")
        child.send(ENTER)
        child.expect("Create it.*" + hint)
        child.send(back)
        child.expect("granian: written")
        child.send(f"2{ENTER}" if kind == "dumb" else DOWN + ENTER)
        for row in ("project name +two", "server +daphne", "Create it"):
            child.expect(row)
        child.send(ENTER)
        child.expect(pexpect.EOF)
    assert (here.parent / "result").read_text() == f"{here}/two\n"


@pytest.mark.parametrize("kind", TERMINALS)
def test_an_occupied_folder_is_reported_at_its_question(here: Path, kind: str) -> None:
    (here / "taken").mkdir()
    (here / "taken" / "file").touch()
    with terminal(here, kind=kind) as child:
        child.expect("Name of the project")
        child.send(f"taken{ENTER}")
        child.expect(f"{here}/taken already exists and contains file")
        correct(child, kind, "Name of the project", "free")
        child.expect("Name of the first Django app")
    with terminal(here, "taken", "-i", kind=kind) as child:
        child.expect(f"{here}/taken already exists and contains file")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 3
        assert "first Django app" not in (child.before or "")


@pytest.mark.parametrize("columns", [40, 80])
def test_an_error_is_shown_in_full(here: Path, columns: int) -> None:
    with terminal(here, "-i", columns=columns) as child:
        child.expect("Name of the project")
        child.send(f"json{ENTER}")
        child.expect(r'Choose another name, such as "json-site"\.')
