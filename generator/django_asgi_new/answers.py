"""From what the user gave to a whole set of answers, or to sentences about what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_asgi_new import pythons, questions, template
from django_asgi_new.errors import BadAnswerError, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_asgi_new.pythons import Python
    from django_asgi_new.questions import Question

Given = dict[str, str | bool]


@dataclass(frozen=True)
class Answers:
    """A whole set of answers.

    Attributes:
        context: What cookiecutter renders with.
        python: The interpreter for the project; None when it was not looked for.
        notes: What the user should know about how the answers came about.
    """

    context: dict[str, Any]
    python: Python | None = None
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The answers by the names of their questions, and the template's private variables."""
        values: dict[str, Any] = self.context["cookiecutter"]
        return values


def resolve(asked: Sequence[Question], given: Given, *, install: bool) -> Answers:
    """Validate the answers and complete them.

    Args:
        asked: The questions.
        given: What the user answered, by the names of the questions.
        install: Whether the project will be installed, so that it needs a Python.

    Returns:
        The answers, among them a version of Django that a Python on this machine can run.

    Raises:
        BadAnswerError: An answer can't be used.
        MachineError: The project will be installed and no Python can run it.
    """
    _validate(given, {q.key: q.choices for q in asked if q.choices})
    context = questions.context(given)
    _validate(context["cookiecutter"], {})
    answers = Answers(context)
    if "django" in given and not install:
        return answers
    python = _python_for(answers)
    if python or _needed(answers) is None:
        return Answers(context, python)
    older = _older(asked, given)
    if older is None or "django" in given:
        raise _no_python(answers, older)
    note = (
        f"Django {older.values['django']} instead of {answers.values['django']}, which needs "
        f"Python {_needed(answers)} or newer: none was found."
    )
    return Answers(older.context, _python_for(older), (note,))


def _validate(values: Mapping[str, Any], choices: Mapping[str, Sequence[str]]) -> None:
    found = template.hook("pre_gen_project").problems(values, choices)
    if found:
        raise BadAnswerError(*found)


def _needed(answers: Answers) -> str | None:
    """The oldest Python for the project, which the template derives from its answers."""
    return answers.values.get("__python")


def _python_for(answers: Answers) -> Python | None:
    needed = _needed(answers)
    return pythons.find(needed) if needed else None


def _older(asked: Sequence[Question], given: Given) -> Answers | None:
    """Find the newest version of Django that a Python on this machine can run."""
    versions = next((q.choices for q in asked if q.key == "django"), ())
    for version in versions:
        answers = Answers(questions.context({**given, "django": version}))
        if _python_for(answers):
            return answers
    return None


def _no_python(answers: Answers, older: Answers | None) -> MachineError:
    hint = f", or choose --django {older.values['django']}" if older else ""
    return MachineError(
        f"Django {answers.values.get('django')} needs Python {_needed(answers)} or newer, and none "
        f"was found: install one{hint}."
    )
