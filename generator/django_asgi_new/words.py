"""Errors in the words of a command line, and the words to use instead."""

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
    """Refuse a word that is a command elsewhere.

    Args:
        program: The words before: the program, and its command.
        words: What the user gave it.

    Raises:
        BadAnswerError: The first word is no name; the sentence suggests a command or another name.
    """
    first = words[0] if words else ""
    if first in _FLAGS:
        raise _no_command(program, first, [*program, _FLAGS[first]])
    if first in (NEW, "startproject"):
        rest = list(words[1:])
        if first != NEW and len(rest) > 1 and not any(word.startswith("-") for word in rest[:2]):
            # Django's command takes the name and then the folder.
            del rest[0]
        creating = [GROUP, NEW] if program[0] == GROUP else [PROGRAM]
        raise _no_command(program, first, [*creating, *(rest or ["mysite"])])
    if not first or first.startswith("-") or list(program) == [GROUP]:
        # `--help` need not load the validator.
        return
    hook = template.hook("pre_gen_project")
    if first in hook.COMMANDS:
        raise BadAnswerError(*hook.problems({questions.NAME: first}))


def _no_command(program: Sequence[str], word: str, better: list[str]) -> BadAnswerError:
    return BadAnswerError(
        f'`{shlex.join(program)}` has no command "{word}". Run `{shlex.join(better)}`.'
    )


def usage(program: Sequence[str], error: TyperException) -> BadAnswerError:
    """Return the error for words that the parser refuses."""
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
    """Return the error for questions without a terminal; it names the command that asks nothing.

    Args:
        program: The words that have started the command.
        words: What the user gave it.
        named: Whether the project has a name.
    """
    better = [word for word in words if word not in ("-i", "--interactive")]
    why = "--interactive needs a terminal to ask on"
    if not named:
        why = "The project needs a name, and nobody is there to ask"
        better.insert(0, "mysite")
    return BadAnswerError(f"{why}: run `{shlex.join([*program, *better])}`.")
