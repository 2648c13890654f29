"""The command's arguments: a flag for every question of the template, and those of its own.

Only the command itself imports this: Typer costs more time than all that comes before it.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from django_asgi_new import PROGRAM, __version__, questions, report

if TYPE_CHECKING:
    from django_asgi_new.questions import Question


def parameters(asked: list[Question]) -> list[inspect.Parameter]:
    """Return the parameters of `new`: one for each question, in their order, then its own."""
    return [*map(_parameter, asked), *_own_parameters()]


def _parameter(question: Question) -> inspect.Parameter:
    """Turn a question into the argument or the flag that answers it."""
    if question.key == questions.NAME:
        name = typer.Argument(metavar="NAME", show_default=False, help=f"{question.prompt}.")
        return _named(question.key, Annotated[str | None, name], None)
    if isinstance(question.default, bool):
        negative = f"--no-{question.flag[2:]}"
        default = question.flag if question.default else negative
        flags = f"{question.flag}/{negative}"
        return _option(
            question.key,
            bool | None,
            None,
            flags,
            help=question.prompt,
            shown=default,
            group=_ASKED,
        )
    return _option(
        question.key,
        str | None,
        None,
        question.flag,
        metavar="|".join(question.choices) or "TEXT",
        help=question.prompt,
        shown=question.default,
        group=_ASKED,
        autocompletion=lambda: list(question.choices or questions.known(question.key)),
    )


_ASKED, _ANSWERS, _STEPS, _TALK = "The project", "Where answers come from", "Steps", "Talk"


def _own_parameters() -> list[inspect.Parameter]:
    """Name the flags that are no questions of the template."""
    return [
        _option(
            "output_dir", str, ".", "-o", "--output-dir", group=_ASKED,
            metavar="DIR", help="Where the project's folder goes", shown="here",
        ),
        _switch("interactive", "-i", "--interactive", group=_ANSWERS, text="Ask for the rest"),
        _switch("yes", "-y", "--yes", group=_ANSWERS, text="Ask nothing, take the defaults"),
        _option(
            "answers", list[str] | None, None, "--answers", group=_ANSWERS, metavar="FILE",
            help="Read answers from JSON or TOML, such as a project's pyproject.toml; - is stdin",
        ),
        _switch("dry_run", "--dry-run", group=_STEPS, text="Show what would be made"),
        _switch("git", "--git/--no-git", group=_STEPS, text="Make a repository and a commit"),
        _switch(
            "install", "--install/--no-install", group=_STEPS, text="Make the project's environment"
        ),
        _switch(
            "run", "--run", group=_STEPS, text="Install, migrate, and serve the page until Ctrl-C"
        ),
        _option(
            "port", int | None, None, "--port", group=_STEPS,
            metavar="N", help="Serve at this port", shown="the first free one from 8000",
        ),
        _switch("open", "--open", group=_STEPS, text="Open the page in a browser"),
        _switch("json", "--json", group=_TALK, text="Print one JSON object, and ask nothing"),
        _switch("quiet", "-q", "--quiet", group=_TALK, text="Say nothing but what goes wrong"),
        _switch("verbose", "-v", "--verbose", group=_TALK, text="Say what programs are run"),
        _switch("color", "--color/--no-color", group=_TALK, text="Color, whatever the terminal"),
        version_flag(PROGRAM),
    ]  # fmt: skip


def version_flag(program: str) -> inspect.Parameter:
    """Return the flag that prints the version of a program."""

    def show(wanted: bool) -> None:  # noqa: FBT001
        if wanted:
            report.result(f"{program} {__version__}")
            report.record(ok=True, version=__version__)
            raise typer.Exit

    return _switch(
        "version", "--version", group=_TALK, text="Show the version", callback=show, is_eager=True
    )


def _switch(name: str, *flags: str, group: str, text: str, **more: Any) -> inspect.Parameter:  # noqa: ANN401
    return _option(name, bool, False, *flags, help=text, group=group, **more)  # noqa: FBT003


def _option(  # noqa: PLR0913, each by its name
    name: str,
    kind: object,
    default: object,
    *flags: str,
    help: str,  # noqa: A002
    group: str,
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
        group: The heading in the manual that it stands under.
        shown: Its default, for people.
        more: What else Typer's Option takes.
    """
    text = f"{help}. [default: {shown}]" if shown else f"{help}."
    option = typer.Option(*flags, help=text, show_default=False, rich_help_panel=group, **more)
    return _named(name, Annotated[kind, option], default)


def _named(name: str, annotation: object, default: object) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)
