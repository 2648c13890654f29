"""The one place that prints: the result to stdout, the talk to stderr."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django_asgi_new import signals, template, tools
from django_asgi_new.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from django_asgi_new.errors import Error
    from django_asgi_new.plan import Plan


@dataclass
class Manner:
    """How the command speaks, as the user wants it.

    Attributes:
        json: One object on stdout, and nothing else there.
        quiet: No talk but what went wrong.
        verbose: The programs that are run, too.
        recorded: The one object has been printed.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    recorded: bool = False


manner = Manner()


def prepare() -> None:
    """Let every path be printed as it is, whatever the locale."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def printable(text: str) -> str:
    """Escape the characters of a name that a terminal would obey or that would hide something."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def result(*lines: str) -> None:
    """Print what the command was run for.

    Raises:
        MachineError: It can't be written, as on a full disk.
    """
    if not manner.json:
        _out(*lines)


def record(**content: object) -> None:
    """Print the one object for programs, if that is wanted.

    Raises:
        MachineError: It can't be written, as on a full disk.
    """
    if manner.json and not manner.recorded:
        manner.recorded = True
        _out(json.dumps(content, ensure_ascii=False))


def _out(*lines: str) -> None:
    # Programs get every path as it is.
    if sys.stdout and sys.stdout.isatty():
        lines = tuple(map(printable, lines))
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        # Whoever reads has had enough, as `head` does: no reason to stop.
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise MachineError(f"The result can't be written to stdout: {error.strerror}.") from None


def _silence(stream: TextIO) -> None:
    """Send what is left in a buffer to nowhere, or Python complains about it at its end."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())


def say(*lines: str) -> None:
    """Print what the user may like to know."""
    if not manner.quiet:
        show(*lines)


def show(*lines: str) -> None:
    """Print a part of a dialogue, which makes no sense without it, quiet or not."""
    _err(*map(printable, lines))


def detail(*lines: str) -> None:
    """Print what only a curious user wants to know."""
    if manner.verbose:
        _err(*(_painted(printable(line), _DIM) for line in lines))


def _err(*lines: str) -> None:
    # Python has no stderr at all where it was closed, and talk that nobody can hear is no failure.
    if sys.stderr and lines:
        with contextlib.suppress(OSError):
            print(*lines, sep="\n", file=sys.stderr, flush=True)


def is_watched() -> bool:
    """Tell whether a person sees the talk while it is said."""
    return sys.stderr is not None and sys.stderr.isatty() and not manner.quiet


_DIM, _RED, _GREEN = "2", "1;31", "32"


def choose_color(wanted: bool) -> None:  # noqa: FBT001, the value of a flag
    """Use colors, or none, whatever the terminal; the programs that are run obey as well.

    Source: https://no-color.org and https://force-color.org.
    """
    for name in ("NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    os.environ["FORCE_COLOR" if wanted else "NO_COLOR"] = "1"


def _painted(text: str, style: str) -> str:
    """Add the codes that give a text on stderr a style, where they are welcome."""
    if os.environ.get("NO_COLOR"):
        return text
    welcome = is_watched() and os.environ.get("TERM") != "dumb"
    return f"\x1b[{style}m{text}\x1b[0m" if welcome or os.environ.get("FORCE_COLOR") else text


def ask(text: str) -> str:
    """Ask for a line.

    Raises:
        EOFError: There will be none.
        signals.Stopped: A signal came.
    """
    print(printable(text), end="", file=sys.stderr, flush=True)
    if sys.platform != "win32":
        import select

        while not select.select([sys.stdin], [], [], signals.LONGEST_WAIT)[0]:
            pass
    line = sys.stdin.readline()
    if not line:
        _err("")
        raise EOFError
    return line.strip()


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Print a line, with the seconds, when the step inside has succeeded."""
    start = time.perf_counter()
    yield
    took = _painted(f"({time.perf_counter() - start:.1f} s)", _DIM)
    verb, _, rest = text.partition(" ")
    if not manner.quiet:
        _err(f"{_painted(verb, _GREEN)} {printable(rest)} {took}")


def summary(plan: Plan) -> list[str]:
    """Describe what is going to be made and done, a line each."""
    words = {True: "yes", False: "no"}
    rows = {
        key.replace("_", " "): words[answer] if isinstance(answer, bool) else answer
        for key, answer in plan.answers.public().items()
    }
    rows["folder"] = str(plan.destination)
    if plan.wishes.steps():
        rows["then"] = ", ".join(plan.wishes.steps())
    width = max(map(len, rows))
    return ["", *(f"  {name:{width}}  {row}" for name, row in rows.items()), ""]


def equivalent(plan: Plan) -> None:
    """Print how to get the same without a question."""
    say("", "The same without questions:", "", f"  {plan.command()}")
    if plan.wishes.steps():
        say("")


def tree(plan: Plan, files: Sequence[str]) -> None:
    """Print what would be made, as the result."""
    say("Would make:", *summary(plan))
    folders = {str(parent) for file in files for parent in [*PurePosixPath(file).parents][:-1]}
    lines = [f"{plan.destination.name}/"]
    for path in sorted([*files, *folders], key=lambda path: path.split("/")):
        *above, name = path.split("/")
        lines.append(f"{'  ' * (len(above) + 1)}{name}{'/' if path in folders else ''}")
    result(*lines)


def next_steps(plan: Plan) -> None:
    """Print what is left to do."""
    if not manner.json:
        say("", *_next_steps(plan))


def commands(plan: Plan) -> list[str]:
    """Return the commands that are left to type."""
    return [line.strip() for line in _next_steps(plan) if line.startswith(" ")]


def _next_steps(plan: Plan, **more: Any) -> list[str]:  # noqa: ANN401, what the hook takes
    """Describe what is left to do, in the words of the template's own hook."""
    try:
        folder = os.path.relpath(plan.destination)
    except OSError:
        # The folder that the user stands in is gone: it was the empty one that the project took.
        folder = os.pardir
    lines: list[str] = template.hook("post_gen_project").next_steps(
        # A way up and down again is harder to read than the whole path.
        str(plan.destination) if folder.startswith(os.pardir) else folder,
        plan.answers.values,
        uv=tools.typed_uv(),
        **{"done": ["install"] if plan.wishes.install else [], **more},
    )
    return lines


def failure(error: Error, destination: Path | None) -> None:
    """Print what went wrong, and how to go on.

    Args:
        error: What went wrong.
        destination: The project, when it is whole.
    """
    shown, errors = [*error.sentences], [*error.sentences]
    if error.resume:
        shown[-1] += f" {error.advice}:"
        errors[-1] += f" {error.advice} `{error.resume}`."
    _err(
        *(f"  {_colored(line)}" for line in error.output.splitlines()),
        *(f"{_painted('Error:', _RED)} {printable(sentence)}" for sentence in shown),
    )
    if error.resume:
        show("", f"  {error.resume}")
    _failed(error.exit_code, errors, destination, error.resume)


def _colored(line: str) -> str:
    """Escape a line of another program, except for its colors."""
    parts = re.split(r"(\x1b\[[0-9;]*m)", line.expandtabs())
    return "".join(part if n % 2 else printable(part) for n, part in enumerate(parts))


def stopped(exit_code: int, destination: Path | None) -> None:
    """Print what a stop left behind."""
    sentence = f"Stopped. The project is in {destination}." if destination else "Stopped."
    say(sentence)
    _failed(exit_code, [sentence], destination)


def served(plan: Plan, port: int, valkey_port: int | None) -> None:
    """Print how to start a project's server again.

    Args:
        plan: What was done.
        port: The server's port.
        valkey_port: The port of the Valkey that was started for it, which has stopped too.
    """
    say(f"Stopped. The project is in {plan.destination}.")
    if valkey_port:
        say("The Valkey server that this command started has stopped too.")
    more = {"redis_port": valkey_port} if valkey_port else {}
    steps = _next_steps(
        plan, title="Start it again with:", done=["install", "migrate"], port=port, **more
    )
    if not manner.json:
        say("", *steps)


def bug(destination: Path | None) -> None:
    """Print what we need to know about a mistake of ours.

    Args:
        destination: The project, when it is whole.
    """
    import traceback

    show(*traceback.format_exc().splitlines())
    sentence = (
        "This is a bug in django-asgi-new. Please report it, with the lines above, at "
        "https://github.com/OWNER/REPO/issues."
    )
    _err(f"{_painted('Error:', _RED)} {sentence}")
    if destination:
        show(f"The project is whole, in {destination}.")
    _failed(1, [sentence], destination)


def _failed(exit_code: int, errors: list[str], destination: Path | None, resume: str = "") -> None:
    with contextlib.suppress(MachineError):
        record(
            ok=False,
            exit_code=exit_code,
            errors=errors,
            destination=str(destination) if destination else None,
            resume=resume or None,
        )
