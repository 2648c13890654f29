"""The command: from its arguments to an exit code."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from django_asgi_new import GROUP, PROGRAM, questions, report, signals, words
from django_asgi_new.errors import BadAnswerError, Error, InTheWayError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from django_asgi_new.answers import Given
    from django_asgi_new.place import Existing
    from django_asgi_new.plan import Plan, RunOptions
    from django_asgi_new.questions import Question


class _Progress:
    """State of the command for the handler of errors and signals."""

    program: tuple[str, ...] = (PROGRAM,)
    destination: Path | None = None


def group() -> None:
    """Run the program with all commands."""
    new = sys.argv[1:2] == [words.NEW]
    main((GROUP, words.NEW) if new else (GROUP,))


def main(program: tuple[str, ...] = (PROGRAM,)) -> None:
    """Run the command: the one place where an error becomes an exit code.

    Args:
        program: The words that started it.
    """
    _Progress.program = program
    signals.install()
    # Windows otherwise looks for git and Python in the current folder first.
    os.environ.setdefault("NoDefaultCurrentDirectoryInExePath", "1")
    # Garbage collection would take a fifth of the time, most of it when Python exits: see below.
    gc.disable()
    report.prepare()
    # Before the arguments are parsed, since errors in them are reported too.
    flags = sys.argv[1 : sys.argv.index("--") if "--" in sys.argv else None]
    report.options.json = "--json" in flags
    colors = [word == "--color" for word in flags if word in ("--color", "--no-color")]
    if colors:
        report.choose_color(colors[-1])
    try:
        code = _run()
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
    # Frozen objects are not collected at exit, even though the collector runs then.
    gc.freeze()
    sys.exit(code)


def _run() -> int:
    from typer.exceptions import TyperException

    from django_asgi_new import completion, programs

    if completion.run(_Progress.program[0], _given()):
        return 0
    words.check(_Progress.program, _given())
    name = _Progress.program[0]
    app = programs.group(create) if name == GROUP else programs.command(create)
    try:
        return app(prog_name=name, standalone_mode=False) or 0
    except TyperException as error:
        raise words.usage(_Progress.program, error) from None


def _given() -> list[str]:
    """Return the arguments of the command."""
    return sys.argv[len(_Progress.program) :]


def create(asked: list[Question], options: dict[str, Any]) -> None:
    """Create a project.

    Args:
        asked: The questions.
        options: The options by the names of the parameters.

    Raises:
        Error: An error that the user can fix.
        signals.Stopped: A signal came.
    """
    from django_asgi_new import destination, plan, steps, write

    start = time.perf_counter()
    report.options.quiet, report.options.verbose = options["quiet"], options["verbose"]
    name, path = options[questions.NAME], ""
    if name and destination.is_path(name):
        path = name
        options[questions.NAME] = destination.folder(options["output_dir"], path).name
    run_options = plan.RunOptions(
        output_dir=options["output_dir"],
        path=path,
        git=options["git"],
        install=options["install"] or options["run"],
        run=options["run"],
        port=options["port"],
        browser=options["open"],
    )
    run_options.check()
    _check_options(options)
    settled, prompted = _settle(asked, options, run_options)
    if options["dry_run"]:
        files, existing = write.list_files(settled)
        report.tree(settled, files, existing)
        report.record(**_record(settled, files, existing, start), dry_run=True)
        return
    # A signal must not arrive between writing the project and recording it.
    with report.step(f"Created {settled.destination.name}"), signals.held():
        files, existing = write.write(settled)
        _Progress.destination = settled.destination
    report.info(*report.existing_files(existing))
    if prompted:
        report.equivalent(settled)
    steps.follow(
        settled,
        live=lambda address: report.record(**_record(settled, files, existing, start, address)),
    )
    if not run_options.run:
        report.next_steps(settled)
        report.result(str(settled.destination))
        report.record(**_record(settled, files, existing, start))


def _check_options(options: dict[str, Any]) -> None:
    """Refuse options that contradict each other."""
    for one, other in (("interactive", "yes"), ("interactive", "json"), ("quiet", "verbose")):
        if options[one] and options[other]:
            raise BadAnswerError(f"--{one} and --{other} contradict each other: choose one.")


def _settle(
    asked: list[Question], options: dict[str, Any], run_options: RunOptions
) -> tuple[Plan, bool]:
    """Collect the answers, ask for missing ones if requested, and return the plan.

    Returns:
        The plan, and whether the user was asked anything.
    """
    from django_asgi_new import answers, plan

    given: Given = {}
    if options["answers"]:
        from django_asgi_new import answers_file

        if len(options["answers"]) > 1:
            raise BadAnswerError("--answers is given more than once. Give one file.")
        given = answers_file.read(options["answers"][0])
    given |= {q.key: options[q.key] for q in asked if options[q.key] is not None}

    def settle(given: Given) -> Plan:
        settled = plan.make(answers.resolve(asked, given, install=run_options.install), run_options)
        # The result differs from the request, so this is printed with --quiet too.
        report.show(*settled.answers.notes)
        return settled

    if not options["interactive"] and questions.NAME in given:
        return settle(given), False

    from django_asgi_new import prompts

    if options["json"] or options["yes"] or not prompts.possible():
        raise words.nobody_to_ask(_Progress.program, _given(), named=questions.NAME in given)
    # Errors in the options are reported before the first question.
    defaults = answers.resolve(asked, given, install=run_options.install)
    if questions.NAME in given:
        plan.settle_destination(defaults.values, run_options)

    def check(given: Given) -> str:
        try:
            plan.settle_destination(answers.complete(given), run_options)
        except InTheWayError as error:
            return " ".join(error.sentences)
        return ""

    missing = [question for question in asked if question.key not in given]
    whole = defaults.public() | given
    return prompts.interview(missing, whole, check, settle, confirmed=options["dry_run"]), True


def _record(
    settled: Plan,
    files: Sequence[str],
    existing: Existing,
    start: float,
    address: str | None = None,
) -> dict[str, Any]:
    """Return the object that `--json` prints."""
    return {
        "ok": True,
        "destination": str(settled.destination),
        "address": address,
        "answers": settled.answers.public(),
        "command": settled.command(),
        "files": files,
        "kept": existing.kept,
        "merged": existing.merged,
        "notes": settled.answers.notes,
        "next_steps": [] if address else report.commands(settled),
        "seconds": round(time.perf_counter() - start, 3),
    }
