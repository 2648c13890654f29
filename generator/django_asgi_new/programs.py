"""The two programs: `django-asgi-new`, and `django-asgi` with all commands.

Imported late: Typer takes longer to import than everything before it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from django_asgi_new import GROUP, arguments, questions, report
from django_asgi_new.grouped_help import GroupedHelp
from django_asgi_new.questions import Question

EXAMPLES = """\
Examples:

  django-asgi-new mysite                     a project in ./mysite
  django-asgi-new mysite --run               the same, installed and served
  django-asgi-new .                          a project in this folder, such as a fresh clone
  django-asgi-new -i                         asks for everything
  django-asgi-new chat --app=rooms --layer=redis --server=granian --git
  django-asgi-new mysite --dry-run           what would be written
  django-asgi-new other --answers mysite/pyproject.toml

Exit codes: 0 done; 1 a bug of ours; 2 a bad option or answer; 3 something is in the way;
4 environment error (permissions, disk space, a taken port, a missing tool); 5 a step after
rendering failed and the project is kept; 130 Ctrl-C, or no at the last question; 143 SIGTERM;
129 SIGHUP.
"""

Create = Callable[[list[Question], dict[str, Any]], None]
_SETTINGS = {"help_option_names": ["-h", "--help"]}


def command(create: Create) -> typer.Typer:
    """Return the program with one command.

    Args:
        create: Called with the questions, and with the options by the names of their parameters.
    """
    app = _program()
    _add_new(app, create)
    return app


def group(create: Create) -> typer.Typer:
    """Return the program with all commands.

    Args:
        create: As for `command`.
    """
    app = _program(invoke_without_command=True, options_metavar="[OPTIONS]")

    def commands(context: typer.Context, **_options: object) -> None:
        if context.invoked_subcommand is None:
            report.result(context.get_help())

    commands.__doc__ = "Commands for Django projects that serve live pages over WebSockets."
    context = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    _describe(commands, [context, arguments.version_flag(GROUP)])
    app.callback()(commands)
    _add_new(app, create)
    return app


def _program(**settings: Any) -> typer.Typer:  # noqa: ANN401
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
        **settings,
    )


def _add_new(app: typer.Typer, create: Create) -> None:
    asked = questions.load()

    def new(**options: object) -> None:
        create(asked, options)

    new.__doc__ = (
        "Create a Django project that serves a live page over WebSockets.\n\n"
        "NAME is the project: my-site creates the folder my-site with the package my_site. It may "
        "be the path of a folder, such as sites/my-site, or . for the current one. Without NAME, "
        "the command asks on a terminal. If no installed Python supports the default version of "
        "Django, an older one is used and reported."
    )
    _describe(new, arguments.parameters(asked))
    app.command(
        cls=GroupedHelp,
        epilog=EXAMPLES,
        options_metavar="[OPTIONS]",
        context_settings=_SETTINGS,
    )(new)


def _describe(function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Set the parameters of a function, which Typer reads."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in parameters}
