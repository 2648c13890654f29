"""Output: results go to stdout, messages to stderr. No other module prints."""

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
    from django_asgi_new.place import Existing
    from django_asgi_new.plan import Plan


@dataclass
class OutputOptions:
    """Options of the output.

    Attributes:
        json: Print one JSON object to stdout, and nothing else.
        quiet: Print errors only.
        verbose: Print the commands that are run.
        recorded: Whether the JSON object has been printed.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    recorded: bool = False


options = OutputOptions()


def prepare() -> None:
    """Prepare the streams for paths in any encoding, whatever the locale."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def printable(text: str) -> str:
    """Escape control characters and invisible ones."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def result(*lines: str) -> None:
    """Print the result.

    Raises:
        MachineError: stdout can't be written to, on a full disk for example.
    """
    if not options.json:
        _out(*lines)


def record(**content: object) -> None:
    """Print the JSON object, with `--json`.

    Raises:
        MachineError: stdout can't be written to, on a full disk for example.
    """
    if options.json and not options.recorded:
        options.recorded = True
        _out(json.dumps(content, ensure_ascii=False))


def _out(*lines: str) -> None:
    # Programs receive paths unchanged.
    if sys.stdout and sys.stdout.isatty():
        lines = tuple(map(printable, lines))
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        # The reader has closed the pipe, as `head` does.
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise MachineError(f"The result can't be written to stdout: {error.strerror}.") from None


def _silence(stream: TextIO) -> None:
    """Discard what is buffered, or Python reports an error when it exits."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())


def info(*lines: str) -> None:
    """Print a message, unless `--quiet` is given."""
    if not options.quiet:
        show(*lines)


def show(*lines: str) -> None:
    """Print a message or a part of a prompt, even with `--quiet`."""
    _err(*map(printable, lines))


def detail(*lines: str) -> None:
    """Print a message with `--verbose` only."""
    if options.verbose:
        _err(*(_painted(printable(line), _DIM) for line in lines))


def _err(*lines: str) -> None:
    # stderr is None if it was closed, and a message that can't be printed is no error.
    if sys.stderr and lines:
        with contextlib.suppress(OSError):
            print(*lines, sep="\n", file=sys.stderr, flush=True)


def is_watched() -> bool:
    """Return whether a user sees the messages on a terminal."""
    return sys.stderr is not None and sys.stderr.isatty() and not options.quiet


_DIM, _RED, _GREEN = "2", "1;31", "32"


def choose_color(wanted: bool) -> None:  # noqa: FBT001, the value of a flag
    """Force or disable colors, also for the programs that are run.

    Source: https://no-color.org and https://force-color.org.
    """
    for name in ("NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    os.environ["FORCE_COLOR" if wanted else "NO_COLOR"] = "1"


def _painted(text: str, style: str) -> str:
    """Add the escape codes of a style, if stderr supports colors."""
    if os.environ.get("NO_COLOR"):
        return text
    supported = is_watched() and os.environ.get("TERM") != "dumb"
    return f"\x1b[{style}m{text}\x1b[0m" if supported or os.environ.get("FORCE_COLOR") else text


def ask(text: str) -> str:
    """Return a line that the user types.

    Raises:
        EOFError: stdin has ended.
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
    """Print a line with the time it took, after the step has succeeded."""
    start = time.perf_counter()
    yield
    took = _painted(f"({time.perf_counter() - start:.1f} s)", _DIM)
    verb, _, rest = text.partition(" ")
    if not options.quiet:
        _err(f"{_painted(verb, _GREEN)} {printable(rest)} {took}")


def summary(plan: Plan) -> list[str]:
    """Return the answers and the steps, a line each."""
    words = {True: "yes", False: "no"}
    rows = {
        key.replace("_", " "): words[answer] if isinstance(answer, bool) else answer
        for key, answer in plan.answers.public().items()
    }
    rows["folder"] = str(plan.destination)
    if plan.run_options.steps():
        rows["then"] = ", ".join(plan.run_options.steps())
    width = max(map(len, rows))
    return ["", *(f"  {name:{width}}  {row}" for name, row in rows.items()), ""]


def equivalent(plan: Plan) -> None:
    """Print the command that does the same without prompts."""
    info("", "The same command without questions:", "", f"  {plan.command()}")
    if plan.run_options.steps():
        info("")


def existing_files(existing: Existing) -> list[str]:
    """Return what happens to existing files, a line each."""
    lines = []
    if existing.kept:
        lines.append(f"Kept as it was: {', '.join(existing.kept)}")
    if existing.merged:
        lines.append(f"Lines added at the end: {', '.join(existing.merged)}")
    if existing.guide:
        lines.append(f"README of the project: {existing.guide}")
    return lines


def tree(plan: Plan, files: Sequence[str], existing: Existing) -> None:
    """Print the files that would be created."""
    info("Would create:", *summary(plan), *existing_files(existing))
    folders = {str(parent) for file in files for parent in [*PurePosixPath(file).parents][:-1]}
    lines = [f"{plan.destination.name}/"]
    for path in sorted([*files, *folders], key=lambda path: path.split("/")):
        *above, name = path.split("/")
        lines.append(f"{'  ' * (len(above) + 1)}{name}{'/' if path in folders else ''}")
    result(*lines)


def next_steps(plan: Plan) -> None:
    """Print the next steps."""
    if not options.json:
        info("", *_next_steps(plan))


def commands(plan: Plan) -> list[str]:
    """Return the commands of the next steps."""
    return [line.strip() for line in _next_steps(plan) if line.startswith(" ")]


def _next_steps(plan: Plan, **more: Any) -> list[str]:  # noqa: ANN401, what the hook takes
    """Return the next steps as the template's hook prints them."""
    try:
        folder = os.path.relpath(plan.destination)
    except OSError:
        # The current folder does not exist anymore.
        folder = os.pardir
    lines: list[str] = template.hook("post_gen_project").next_steps(
        # A path with `..` is harder to read than the absolute one.
        str(plan.destination) if folder.startswith(os.pardir) else folder,
        plan.answers.values,
        uv=tools.typed_uv(),
        **{"done": ["install"] if plan.run_options.install else [], **more},
    )
    return lines


def failure(error: Error, destination: Path | None) -> None:
    """Print an error, and the command that continues.

    Args:
        error: The error.
        destination: The project's folder if it is complete.
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
    """Print that the command was stopped, and where the project is."""
    sentence = f"Stopped. The project is in {destination}." if destination else "Stopped."
    info(sentence)
    _failed(exit_code, [sentence], destination)


def served(plan: Plan, port: int, valkey_port: int | None) -> None:
    """Print how to start a project's server again.

    Args:
        plan: The plan.
        port: The server's port.
        valkey_port: The port of the Valkey server that was started, if one was.
    """
    info(f"Stopped. The project is in {plan.destination}.")
    if valkey_port:
        info("The Valkey server that this command started has stopped too.")
    more = {"redis_port": valkey_port} if valkey_port else {}
    steps = _next_steps(
        plan, title="Start it again with:", done=["install", "migrate"], port=port, **more
    )
    if not options.json:
        info("", *steps)


def bug(destination: Path | None) -> None:
    """Print a traceback, and where to report it.

    Args:
        destination: The project's folder if it is complete.
    """
    import traceback

    show(*traceback.format_exc().splitlines())
    sentence = (
        "This is a bug in django-asgi-new. Please report it, with the lines above, at "
        "https://github.com/OWNER/REPO/issues."
    )
    _err(f"{_painted('Error:', _RED)} {sentence}")
    if destination:
        show(f"The project is complete, in {destination}.")
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
