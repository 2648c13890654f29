"""The command on a terminal: what its questions must do."""

import shlex
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

from tests.cli.command import command, environment, program, run, tree, without_secret

SECONDS = 20
DOWN, ENTER, CLEAR, BACK = "\x1b[B", "\r", "\x15", "\x1b[Z"
ALL_BUT_SERVER = [
    "-i", "mysite", "--app=live", "--layer=redis", "--database=sqlite", "--django=5.2",
    "--no-docker", "--ci=none", "--language=de", "--time-zone=UTC",
]  # fmt: skip
# What to give for a question to be the first.
BEFORE = {
    "Name of the project": [],
    "ASGI server": ALL_BUT_SERVER,
    "Create it": [*ALL_BUT_SERVER, "--server=daphne"],
}
TERMINALS = ["xterm-256color", "dumb"]
WAYS = ["Ctrl-C", "Ctrl-D", "SIGTERM", "SIGHUP"]
# Each way to leave, on each terminal, each at another question: tests/deep has the others.
SOME_ENDS = [
    (kind, list(BEFORE)[(number + shift) % len(BEFORE)], way)
    for shift, kind in enumerate(TERMINALS)
    for number, way in enumerate(WAYS)
]
ALL_ENDS = [(kind, question, way) for kind in TERMINALS for question in BEFORE for way in WAYS]


@contextmanager
def terminal(
    here: Path, *arguments: str, kind: str = "xterm-256color", code: str = "", columns: int = 250
) -> Iterator["pexpect.spawn[str]"]:
    """Run the command, or code that does, on a terminal, with its result in a file beside it."""
    # A terminal reports where its cursor is; this one does not.
    env = environment(here, TERM=kind, PROMPT_TOOLKIT_NO_CPR="1")
    words = shlex.join(map(str, program(code, *arguments) if code else command(*arguments)))
    child: pexpect.spawn[str] = pexpect.spawn(
        "/bin/sh",
        ["-c", f"exec {words} >../result"],
        cwd=str(here),
        env=env,
        encoding="utf-8",
        timeout=SECONDS,
        dimensions=(50, columns),
    )
    # By default, it waits before each key.
    child.delaybeforesend = None
    try:
        yield child
    finally:
        child.close(force=True)


def correct(child: "pexpect.spawn[str]", kind: str, question: str, answer: str) -> None:
    """Replace an answer after an error."""
    child.expect(question)
    # The refused answer is there, to be changed.
    child.send(f"{'' if kind == 'dumb' else CLEAR}{answer}{ENTER}")


def answer_all(child: "pexpect.spawn[str]", kind: str) -> None:
    """Answer every question; the name only when it is good."""
    child.expect("Name of the project")
    child.send(f"class{ENTER}")
    child.expect("a keyword of Python")
    correct(child, kind, "Name of the project", "My blog")
    child.expect("Name of the first Django app")
    child.send(f"posts{ENTER}")
    child.expect("Channel layer")
    child.expect("redis: any number of processes and hosts")
    child.send(ENTER)
    child.expect("ASGI server")
    child.expect("granian: written in Rust")
    child.send(f"3{ENTER}" if kind == "dumb" else f"{DOWN}{DOWN}{ENTER}")
    child.expect("Database")
    child.send(ENTER)
    child.expect("Version of Django")
    child.send(ENTER)
    child.expect("Dockerfile")
    child.send(f"n{ENTER}" if kind == "dumb" else "n")
    child.expect("Continuous integration")
    child.send(ENTER)
    child.expect("Language code")
    child.send(f"zh{ENTER}")
    child.expect('Did you mean "zh-hans"')
    correct(child, kind, "Language code", "de")
    child.expect("Time zone")
    child.send(ENTER)


def check_questions(here: Path, kind: str, arguments: list[str]) -> None:
    """Answer all questions, and run the command that is shown for the same answers."""
    with terminal(here, *arguments, kind=kind) as child:
        answer_all(child, kind)
        child.expect("server +hypercorn")
        child.expect(f"folder +{here}/My-blog")
        child.expect("Create it")
        assert tree(here) == {}
        child.send(ENTER)
        child.expect("The same command without questions:")
        child.expect(r"  (django-asgi-new [^\r\n]*)\r\n")
        [equivalent] = child.match.groups()  # type: ignore[union-attr]
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    assert (here.parent / "result").read_text() == f"{here}/My-blog\n"
    guide = (here / "My-blog/docs/production.md").read_text()
    assert f"\n```console\n{equivalent}\n```\n" in guide
    # It does what it says.
    done = run(here, *shlex.split(equivalent)[1:], "-o", "again")
    assert done.returncode == 0, done.stderr
    again = without_secret(tree(here / "again" / "My-blog"))
    assert again == without_secret(tree(here / "My-blog"))


def check_end(here: Path, kind: str, question: str, way: str) -> None:
    """End the command at a question."""
    with terminal(here, *BEFORE[question], kind=kind) as child:
        before = termios.tcgetattr(child.child_fd)
        child.expect(question)
        match way:
            case "Ctrl-C":
                child.sendcontrol("c")
            case "Ctrl-D":
                child.sendeof()
            case name:
                child.kill(signal.Signals[name])
        child.expect("Stopped.")
        child.expect(pexpect.EOF)
        assert termios.tcgetattr(child.child_fd) == before
        child.close()
        assert child.exitstatus == {"SIGTERM": 143, "SIGHUP": 129}.get(way, 130)
    assert tree(here) == {}
    assert (here.parent / "result").read_text() == ""


# A signal that another thread takes interrupts no system call, like one that comes before the call.
LATE = """
import pathlib, signal, threading, time
from django_asgi_new import cli

def deliver():
    while not pathlib.Path("../now").exists():
        time.sleep(0.01)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

threading.Thread(target=deliver, daemon=True).start()
cli.main()
"""


def check_late_signal(here: Path, kind: str, question: str) -> None:
    """Send a signal right before the command waits for an answer."""
    with terminal(here, *BEFORE[question], kind=kind, code=LATE) as child:
        child.expect(question)
        (here.parent / "now").touch()
        child.expect("Stopped.")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 143
    assert tree(here) == {}
