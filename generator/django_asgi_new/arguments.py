"""The arguments of `new`: an option for each question of the template, and its own options.

Imported late: Typer takes longer to import than everything before it.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from django_asgi_new import PROGRAM, __version__, questions, report

if TYPE_CHECKING:
    from django_asgi_new.questions import Question


def parameters(asked: list[Question]) -> list[inspect.Parameter]:
    """Return the parameters of `new`: one for each question, in order, then its own."""
    return [*map(_parameter, asked), *_own_parameters()]


def _parameter(question: Question) -> inspect.Parameter:
    """Return the argument or the option that answers a question."""
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


_ASKED, _ANSWERS, _STEPS, _OUTPUT = "The project", "Answers", "Steps", "Output"


def _own_parameters() -> list[inspect.Parameter]:
    """Return the options that do not answer questions of the template."""
    return [
        _option(
            "output_dir", str, ".", "-o", "--output-dir", group=_ASKED,
            metavar="DIR", help="The folder in which the project is created", shown="here",
        ),
        _switch(
            "interactive", "-i", "--interactive", group=_ANSWERS,
            text="Ask for options that are not given",
        ),
        _switch("yes", "-y", "--yes", group=_ANSWERS, text="Use defaults without asking"),
        _option(
            "answers", list[str] | None, None, "--answers", group=_ANSWERS, metavar="FILE",
            help="Read answers from JSON or TOML, such as a project's pyproject.toml; - is stdin",
        ),
        _switch("dry_run", "--dry-run", group=_STEPS, text="List the files without writing them"),
        _switch(
            "git", "--git/--no-git", group=_STEPS, text="Create a repository with a first commit"
        ),
        _switch(
            "install", "--install/--no-install", group=_STEPS,
            text="Create the project's environment",
        ),
        _switch(
            "run", "--run", group=_STEPS, text="Install, migrate, and serve the page until Ctrl-C"
        ),
        _option(
            "port", int | None, None, "--port", group=_STEPS,
            metavar="N", help="Port of the server", shown="the first free one from 8000",
        ),
        _switch("open", "--open", group=_STEPS, text="Open the page in a browser"),
        _switch("json", "--json", group=_OUTPUT, text="Print one JSON object, and ask nothing"),
        _switch("quiet", "-q", "--quiet", group=_OUTPUT, text="Print errors only"),
        _switch(
            "verbose", "-v", "--verbose", group=_OUTPUT, text="Print the commands that are run"
        ),
        _switch("color", "--color/--no-color", group=_OUTPUT, text="Use colors, or none"),
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
        "version",
        "--version",
        group=_OUTPUT,
        text="Print the version",
        callback=show,
        is_eager=True,
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
    """Return the parameter of an option.

    Args:
        name: The name of the parameter.
        kind: The parameter's type.
        default: Its value when the option is not given.
        flags: The option as it is typed.
        help: Its description, without a period.
        group: Its heading in the help.
        shown: Its default as shown in the help.
        more: Further arguments of Typer's Option.
    """
    text = f"{help}. [default: {shown}]" if shown else f"{help}."
    option = typer.Option(*flags, help=text, show_default=False, rich_help_panel=group, **more)
    return _named(name, Annotated[kind, option], default)


def _named(name: str, annotation: object, default: object) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)
