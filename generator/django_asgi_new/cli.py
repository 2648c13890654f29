"""The command: from its arguments to an exit code."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Annotated, Any

from django_asgi_new import __version__, questions, report, signals
from django_asgi_new.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import typer

    from django_asgi_new.questions import Question

PROGRAM = "django-asgi-new"


class _Progress:
    """How far the command came, for the handler of all that may stop it."""

    destination: Path | None = None


def main() -> None:
    """Run the command: the one place where an error becomes an exit code."""
    signals.install()
    report.prepare()
    try:
        command()(prog_name=PROGRAM)
    except Error as error:
        report.failure(error)
        sys.exit(error.exit_code)
    except signals.Stopped as stop:
        report.stopped(_Progress.destination)
        sys.exit(stop.exit_code)
    except Exception:  # noqa: BLE001
        report.bug()
        sys.exit(Error.exit_code)


def create(asked: list[Question], options: dict[str, Any]) -> None:
    """Make a project.

    Args:
        asked: The questions.
        options: What the user gave, by the names of the parameters.

    Raises:
        Error: Something that the user can mend.
        signals.Stopped: A signal came.
    """
    from django_asgi_new import answers, plan, render, steps

    given = {q.key: options[q.key] for q in asked if options[q.key] is not None}
    run = options["run"]
    wishes = plan.Wishes(
        output_dir=options["output_dir"],
        git=options["git"],
        install=options["install"] or run,
        run=run,
        port=options["port"],
        browser=options["open"],
    )
    wishes.check()
    resolved = answers.resolve(asked, given, install=wishes.install)
    report.say(*resolved.notes)
    settled = plan.make(resolved, wishes)
    with report.step(f"Made {settled.destination.name}"):
        render.render(settled)
    _Progress.destination = settled.destination
    steps.follow(settled)
    if not run:
        report.next_steps(settled)
        report.result(str(settled.destination))


def command() -> typer.Typer:
    """Build the command: a flag for every question, in their order, then its own."""
    import typer

    asked = questions.load()

    def new(**options: object) -> None:
        create(asked, options)

    new.__doc__ = (
        "Make a Django project that serves a live page over WebSockets.\n\n"
        "NAME is the project: my-site makes the folder my-site with the package my_site."
    )
    parameters = [*map(_parameter, asked), *_own_parameters()]
    new.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    new.__annotations__ = {p.name: p.annotation for p in parameters}
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(new)
    return app


def _parameter(question: Question) -> inspect.Parameter:
    """Turn a question into the argument or the flag that answers it."""
    import typer

    if question.key == questions.NAME:
        name = typer.Argument(metavar="NAME", show_default=False, help=f"{question.prompt}.")
        return _named(question.key, Annotated[str, name])
    if isinstance(question.default, bool):
        negative = f"--no-{question.flag[2:]}"
        default = question.flag if question.default else negative
        flags = f"{question.flag}/{negative}"
        return _option(question.key, bool | None, None, flags, help=question.prompt, shown=default)
    return _option(
        question.key,
        str | None,
        None,
        question.flag,
        metavar="|".join(question.choices) or "TEXT",
        help=question.prompt,
        shown=question.default,
    )


def _own_parameters() -> list[inspect.Parameter]:
    """Name the flags that are no questions of the template."""
    return [
        _option(
            "output_dir", str, ".", "-o", "--output-dir",
            metavar="DIR", help="Where the project's folder goes", shown="here",
        ),
        _switch("git", "--git/--no-git", "Make a repository with a first commit"),
        _switch("install", "--install/--no-install", "Make the project's environment"),
        _switch("run", "--run", "Install, migrate, and serve the page until Ctrl-C"),
        _option(
            "port", int | None, None, "--port",
            metavar="N", help="Serve at this port", shown="the first free one from 8000",
        ),
        _switch("open", "--open", "Open the page in a browser"),
        _switch("version", "--version", "Show the version", callback=_version(), is_eager=True),
    ]  # fmt: skip


def _switch(name: str, flags: str, text: str, **more: Any) -> inspect.Parameter:  # noqa: ANN401
    return _option(name, bool, False, flags, help=text, **more)  # noqa: FBT003


def _option(
    name: str,
    kind: object,
    default: object,
    *flags: str,
    help: str,  # noqa: A002
    shown: str = "",
    **more: Any,  # noqa: ANN401
) -> inspect.Parameter:
    """Describe an option to Typer.

    Args:
        name: The parameter that takes its value.
        kind: The parameter's type.
        default: Its value when the option is not given.
        flags: How the option is written.
        help: What it does, without a full stop.
        shown: Its default, for people.
        more: What else Typer's Option takes.
    """
    import typer

    text = f"{help}. [default: {shown}]" if shown else f"{help}."
    option = typer.Option(*flags, help=text, show_default=False, **more)
    return _named(name, Annotated[kind, option], default)


def _named(
    name: str, annotation: object, default: object = inspect.Parameter.empty
) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _version() -> Callable[[bool], None]:
    import typer

    def show(wanted: bool) -> None:  # noqa: FBT001
        if wanted:
            report.result(f"{PROGRAM} {__version__}")
            raise typer.Exit

    return show
