"""Usage errors, with a suggestion of the intended command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from django_asgi_new import GROUP, PROGRAM, questions, template
from django_asgi_new.errors import BadAnswerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.exceptions import TyperException

NEW = "new"
_FLAGS = {"help": "--help", "version": "--version"}


def check(program: Sequence[str], words: Sequence[str]) -> None:
    """Refuse names that are commands.

    Args:
        program: The program and its command.
        words: Its arguments.

    Raises:
        BadAnswerError: The first argument is a command. The error suggests a command or a name.
    """
    first = words[0] if words else ""
    if first in _FLAGS:
        raise _no_command(program, first, [*program, _FLAGS[first]])
    if first in (NEW, "startproject"):
        rest = list(words[1:])
        if first != NEW and len(rest) > 1 and not any(word.startswith("-") for word in rest[:2]):
            # `django-admin startproject` has the arguments NAME and DIRECTORY.
            del rest[0]
        creating = [GROUP, NEW] if program[0] == GROUP else [PROGRAM]
        raise _no_command(program, first, [*creating, *(rest or ["mysite"])])
    if not first or first.startswith("-") or list(program) == [GROUP]:
        # `--help` does not load the validator.
        return
    hook = template.hook("pre_gen_project")
    if first in hook.COMMANDS:
        raise BadAnswerError(*hook.problems({questions.NAME: first}))


def _no_command(program: Sequence[str], word: str, better: list[str]) -> BadAnswerError:
    return BadAnswerError(
        f'`{shlex.join(program)}` has no command "{word}". Run `{shlex.join(better)}`.'
    )


def usage(program: Sequence[str], error: TyperException) -> BadAnswerError:
    """Return the error for arguments that the parser refuses."""
    import difflib

    sentence = error.format_message().partition(" (Possible")[0].rstrip(".")
    flag = getattr(error, "option_name", "")
    near = difflib.get_close_matches(flag, getattr(error, "possibilities", None) or (), 1)
    end = f". Did you mean {near[0]}?" if near else "" if sentence.endswith("?") else "."
    shown = "commands" if list(program) == [GROUP] else "options"
    return BadAnswerError(
        f"{sentence}{end} `{shlex.join([*program, '--help'])}` shows all {shown}."
    )


def nobody_to_ask(program: Sequence[str], words: Sequence[str], *, named: bool) -> BadAnswerError:
    """Return the error for questions without a terminal. It suggests a command without questions.

    Args:
        program: The program and its command.
        words: Its arguments.
        named: Whether the project has a name.
    """
    better = [word for word in words if word not in ("-i", "--interactive")]
    why = "--interactive requires a terminal"
    if not named:
        why = "The project needs a name, and there is no terminal to ask for it"
        better.insert(0, "mysite")
    return BadAnswerError(f"{why}: run `{shlex.join([*program, *better])}`.")
