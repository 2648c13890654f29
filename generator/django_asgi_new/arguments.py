"""The command's arguments: a flag for every question of the template, and those of its own.

Only the command itself imports this: Typer costs more time than all that comes before it.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from django_asgi_new import PROGRAM, __version__, questions, report
from django_asgi_new.manual import Manual

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_asgi_new.questions import Question

EXAMPLES = """\
Examples:

  django-asgi-new mysite                     a project in ./mysite
  django-asgi-new mysite --run               the same, installed and served
  django-asgi-new -i                         asks for everything
  django-asgi-new chat --app=rooms --layer=redis --server=granian --git
  django-asgi-new mysite --dry-run           what would be written
  django-asgi-new other --answers mysite/pyproject.toml

Exit codes: 0 done; 1 a bug of ours; 2 a bad option or answer; 3 the destination is in the way;
4 environment error (permissions, disk space, a taken port, a missing tool); 5 a step after
rendering failed and the project is kept; 130 Ctrl-C, or no at the last question; 143 SIGTERM;
129 SIGHUP.
"""


def command(create: Callable[[list[Question], dict[str, Any]], None]) -> typer.Typer:
    """Build the command: a flag for every question, in their order, then its own.

    Args:
        create: Takes the questions, and what the user gave by the names of the parameters.
    """
    asked = questions.load()

    def new(**options: object) -> None:
        create(asked, options)

    new.__doc__ = (
        "Make a Django project that serves a live page over WebSockets.\n\n"
        "NAME is the project: my-site makes the folder my-site with the package my_site. Without "
        "it, the command asks on a terminal. Where no Python can run the default version of "
        "Django, an older one is taken, and said."
    )
    parameters = [*map(_parameter, asked), *_own_parameters()]
    new.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    new.__annotations__ = {p.name: p.annotation for p in parameters}
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(cls=Manual, epilog=EXAMPLES, options_metavar="[OPTIONS]")(new)
    return app


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
        _switch(
            "version", "--version", group=_TALK, text="Show the version",
            callback=_version(), is_eager=True,
        ),
    ]  # fmt: skip


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


def _version() -> Callable[[bool], None]:
    def show(wanted: bool) -> None:  # noqa: FBT001
        if wanted:
            report.result(f"{PROGRAM} {__version__}")
            report.record(ok=True, version=__version__)
            raise typer.Exit

    return show
