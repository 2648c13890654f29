"""The command: from its arguments to an exit code."""

from __future__ import annotations

import gc
import os
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any

from django_asgi_new import PROGRAM, questions, report, signals
from django_asgi_new.errors import BadAnswerError, Error, InTheWayError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typer.exceptions import TyperException

    from django_asgi_new.answers import Given
    from django_asgi_new.plan import Plan, Wishes
    from django_asgi_new.questions import Question


class _Progress:
    """How far the command came, for the handler of all that may stop it."""

    destination: Path | None = None


def main() -> None:
    """Run the command: the one place where an error becomes an exit code."""
    signals.install()
    # Windows otherwise looks for git and Python in the current folder first.
    os.environ.setdefault("NoDefaultCurrentDirectoryInExePath", "1")
    # Looking for garbage would be a fifth of all the time, most of it at Python's end: see below.
    gc.disable()
    report.prepare()
    # Before the arguments are parsed, since what is wrong with them is reported too.
    words = sys.argv[1 : sys.argv.index("--") if "--" in sys.argv else None]
    report.manner.json = "--json" in words
    colors = [word == "--color" for word in words if word in ("--color", "--no-color")]
    if colors:
        report.choose_color(colors[-1])
    try:
        code = _run(words)
    except Error as error:
        report.failure(error, _Progress.destination)
        code = error.exit_code
    except signals.Stopped as stop:
        report.stopped(stop.exit_code, _Progress.destination)
        code = stop.exit_code
    except Exception:  # noqa: BLE001
        report.bug(_Progress.destination)
        code = Error.exit_code
    signals.finish()
    # What is frozen is not looked through, where disabling alone has no say.
    gc.freeze()
    sys.exit(code)


def _run(words: list[str]) -> int:
    from typer.exceptions import TyperException

    from django_asgi_new import arguments, completion

    if completion.run(words):
        return 0
    try:
        return arguments.command(create)(prog_name=PROGRAM, standalone_mode=False) or 0
    except TyperException as error:
        raise BadAnswerError(_usage(error)) from None


def _usage(error: TyperException) -> str:
    import difflib

    sentence = error.format_message().partition(" (Possible")[0].rstrip(".")
    flag = getattr(error, "option_name", "")
    near = difflib.get_close_matches(flag, getattr(error, "possibilities", None) or (), 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{sentence}.{hint} `{PROGRAM} --help` shows all options."


def create(asked: list[Question], options: dict[str, Any]) -> None:
    """Make a project.

    Args:
        asked: The questions.
        options: What the user gave, by the names of the parameters.

    Raises:
        Error: Something that the user can mend.
        signals.Stopped: A signal came.
    """
    from django_asgi_new import plan, steps, write

    start = time.perf_counter()
    report.manner.quiet, report.manner.verbose = options["quiet"], options["verbose"]
    wishes = plan.Wishes(
        output_dir=options["output_dir"],
        git=options["git"],
        install=options["install"] or options["run"],
        run=options["run"],
        port=options["port"],
        browser=options["open"],
    )
    wishes.check()
    _check_manners(options)
    settled, prompted = _settle(asked, options, wishes)
    if options["dry_run"]:
        files = write.list_files(settled)
        report.tree(settled, files)
        report.record(**_record(settled, files, start), dry_run=True)
        return
    # A signal must not come between the project and the word that it is there.
    with report.step(f"Made {settled.destination.name}"), signals.held():
        files = write.write(settled)
        _Progress.destination = settled.destination
    if prompted:
        report.equivalent(settled)
    steps.follow(
        settled, live=lambda address: report.record(**_record(settled, files, start, address))
    )
    if not wishes.run:
        report.next_steps(settled)
        report.result(str(settled.destination))
        report.record(**_record(settled, files, start))


def _check_manners(options: dict[str, Any]) -> None:
    """Refuse flags that contradict each other."""
    for one, other in (("interactive", "yes"), ("interactive", "json"), ("quiet", "verbose")):
        if options[one] and options[other]:
            raise BadAnswerError(f"--{one} and --{other} contradict each other: choose one.")


def _settle(asked: list[Question], options: dict[str, Any], wishes: Wishes) -> tuple[Plan, bool]:
    """Collect the answers, ask for the rest if that is wanted, and plan what to do.

    Returns:
        The plan, and whether anything was asked.
    """
    from django_asgi_new import answers, plan

    given: Given = {}
    if options["answers"]:
        from django_asgi_new import former

        if len(options["answers"]) > 1:
            raise BadAnswerError("--answers is given more than once. Give one file.")
        given = former.read(options["answers"][0])
    given |= {q.key: options[q.key] for q in asked if options[q.key] is not None}

    def settle(given: Given) -> Plan:
        resolved = answers.resolve(asked, given, install=wishes.install)
        # Not what was asked for, so it is printed with --quiet too.
        report.show(*resolved.notes)
        return plan.make(resolved, wishes)

    if not options["interactive"] and questions.NAME in given:
        return settle(given), False

    from django_asgi_new import prompts

    if options["json"] or options["yes"] or not prompts.possible():
        raise _nobody_to_ask(given)
    # Errors in the options are reported before the first question.
    defaults = answers.resolve(asked, given, install=wishes.install)
    if questions.NAME in given:
        plan.settle_destination(defaults.values, wishes)

    def check(given: Given) -> str:
        try:
            plan.settle_destination(answers.complete(given), wishes)
        except InTheWayError as error:
            return " ".join(error.sentences)
        return ""

    missing = [question for question in asked if question.key not in given]
    whole = defaults.public() | given
    return prompts.interview(missing, whole, check, settle, confirmed=options["dry_run"]), True


def _nobody_to_ask(given: Given) -> BadAnswerError:
    """Name the command that needs no answer."""
    words = [word for word in sys.argv[1:] if word not in ("-i", "--interactive")]
    if questions.NAME in given:
        why = "--interactive needs a terminal to ask on"
    else:
        why, words = "The project needs a name, and nobody is there to ask", ["mysite", *words]
    return BadAnswerError(f"{why}: run `{shlex.join([PROGRAM, *words])}`.")


def _record(
    settled: Plan, files: Sequence[str], start: float, address: str | None = None
) -> dict[str, Any]:
    """Describe what was made, for programs."""
    return {
        "ok": True,
        "destination": str(settled.destination),
        "address": address,
        "answers": settled.answers.public(),
        "command": settled.command(),
        "files": files,
        "notes": settled.answers.notes,
        "next_steps": [] if address else report.commands(settled),
        "seconds": round(time.perf_counter() - start, 3),
    }
