"""Validation and completion of answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_asgi_new import PROGRAM, pythons, questions, render, template
from django_asgi_new.errors import BadAnswerError, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_asgi_new.pythons import Python
    from django_asgi_new.questions import Question

Given = dict[str, str | bool]


@dataclass(frozen=True)
class Answers:
    """Answers to all questions.

    Attributes:
        values: The answers by the names of their questions, and the template's private variables.
        python: The interpreter for the project; None if none was searched for.
        notes: Sentences for the user about answers that were changed.
    """

    values: dict[str, Any]
    python: Python | None = None
    notes: tuple[str, ...] = ()

    def public(self) -> dict[str, str | bool]:
        """Return the answers to questions that are asked, without derived ones."""
        return {question.key: self.values[question.key] for question in questions.load()}

    def command(self, path: str = "") -> list[str]:
        """Return the words of the command that gives the same answers.

        Args:
            path: NAME, if it is a path.
        """
        words = [PROGRAM, path or self.values[questions.NAME]]
        for key, answer in self.public().items():
            name = key.replace("_", "-")
            if isinstance(answer, bool):
                words.append(f"--{name}" if answer else f"--no-{name}")
            elif key != questions.NAME:
                words.append(f"--{name}={answer}")
        return words


def shell_join(*words: str) -> str:
    """Return a command as it is typed in any shell, including PowerShell and cmd.

    Double quotes suffice, since the validator refuses all other special characters.
    """
    return " ".join(word if _PLAIN.fullmatch(word) else f'"{word}"' for word in words)


_PLAIN = re.compile(r"[\w@%+=:,./\\-]+")


def resolve(asked: Sequence[Question], given: Given, *, install: bool) -> Answers:
    """Validate the answers and complete them.

    Args:
        asked: The questions.
        given: The user's answers by the names of the questions.
        install: Whether the project will be installed, which requires a Python.

    Returns:
        The answers, with a version of Django that a Python on this machine supports.

    Raises:
        BadAnswerError: An answer is invalid.
        MachineError: The project will be installed and no Python can run it.
    """
    _refuse(validate(asked, given))
    answers = _complete(given)
    _refuse(validate((), answers.values))
    if "django" in given and not install:
        return answers
    python = _python_for(answers)
    if python or _needed(answers) is None:
        return Answers(answers.values, python)
    older = _older(asked, given)
    if older is None or "django" in given:
        raise _no_python(answers, older)
    note = (
        f"Django {older.values['django']} instead of {answers.values['django']}, which needs "
        f"{_fitting(answers)}: none was found."
    )
    return Answers(older.values, _python_for(older), (note,))


def validate(asked: Sequence[Question], given: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each error in the answers, some of which may be missing.

    Args:
        asked: The questions whose choices are checked.
        given: The answers.
    """
    choices = {q.key: q.choices for q in asked if q.choices}
    found: list[str] = template.hook("pre_gen_project").problems(given, choices)
    return found


def complete(given: Given) -> dict[str, Any]:
    """Return answers to all questions: the given ones, and defaults."""
    return render.complete(questions.read(), given)


def _complete(given: Given) -> Answers:
    return Answers(complete(given))


def _refuse(found: list[str]) -> None:
    if found:
        raise BadAnswerError(*found)


def _needed(answers: Answers) -> str | None:
    """Return the oldest Python for the project, which the template derives from the answers."""
    return answers.values.get("__python")


def _python_for(answers: Answers) -> Python | None:
    needed = _needed(answers)
    return pythons.find(needed, answers.values.get("__python_below", "")) if needed else None


def _older(asked: Sequence[Question], given: Given) -> Answers | None:
    """Find the newest version of Django that a Python on this machine can run."""
    versions = next((q.choices for q in asked if q.key == "django"), ())
    for version in versions:
        answers = _complete({**given, "django": version})
        if _python_for(answers):
            return answers
    return None


@dataclass(frozen=True)
class _Limit:
    """The newest Python that certain answers support.

    Attributes:
        answers: The answers by the names of their questions.
        below: The oldest version of Python that they do not support.
        reason: The reason.
    """

    answers: dict[str, str | bool]
    below: str
    reason: str

    @property
    def newest(self) -> str:
        """The newest version of Python that they support."""
        major, minor = pythons.parse(self.below)
        return f"{major}.{minor - 1}"

    @property
    def subject(self) -> str:
        """The subject of a sentence, such as "Daphne" or "Daphne with Django 6.1"."""
        named = {key: str(answer) for key, answer in self.answers.items()}
        return " with ".join(
            text.capitalize() if text.isalpha() else f"{key.capitalize()} {text}"
            for key, text in named.items()
        )


def _limit(answers: Answers) -> _Limit | None:
    """Return the entry of `_unsupported` that applies to the answers."""
    for entry in answers.values.get("_unsupported", ()):
        named = {key: entry[key] for key in entry if key not in ("python", "reason")}
        applied = entry["python"] == answers.values.get("__python_below")
        if applied and all(answers.values.get(key) == named[key] for key in named):
            return _Limit(named, entry["python"], entry["reason"])
    return None


def _fitting(answers: Answers) -> str:
    """Return the versions of Python that support the project, as part of a sentence."""
    limit = _limit(answers)
    if limit is None:
        return f"Python {_needed(answers)} or newer"
    return f"Python {_needed(answers)} to {limit.newest} with {limit.subject}"


def _no_python(answers: Answers, older: Answers | None) -> MachineError:
    limit = _limit(answers)
    if limit and older is None:
        flags = " or ".join("--" + key.replace("_", "-") for key in limit.answers)
        return MachineError(
            f"{limit.subject} does not run on Python {limit.below}: {limit.reason}. "
            f"Install Python {limit.newest} or older, or choose another {flags}."
        )
    hint = f", or choose --django {older.values['django']}" if older else ""
    return MachineError(
        f"Django {answers.values.get('django')} needs {_fitting(answers)}, and none was found: "
        f"install one{hint}."
    )
