"""Prompts for the answers that neither an option nor a file has given."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from django_asgi_new import answers, questions, report, signals, terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django_asgi_new.answers import Given
    from django_asgi_new.plan import Plan
    from django_asgi_new.questions import Question


def possible() -> bool:
    """Return whether a user can answer; stdout may be a file or a pipe."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def interview(
    missing: Sequence[Question],
    whole: Given,
    check: Callable[[Given], str],
    settle: Callable[[Given], Plan],
    *,
    confirmed: bool,
) -> Plan:
    """Ask for each missing answer until it is valid, then for confirmation.

    Args:
        missing: The questions to ask.
        whole: The answers to all questions by their names, with defaults for missing ones.
        check: Returns the reason why a project with these answers can't be written, or nothing.
        settle: Returns the plan for a whole set of answers.
        confirmed: Whether to make the project without asking for confirmation.

    Raises:
        Error: The answers don't lead to a plan.
        signals.Stopped: A signal came, Ctrl-C or Ctrl-D was pressed, or the answer to the last
            question was no.
    """
    number = 0
    with terminal.session():
        while True:
            try:
                if number < len(missing):
                    question = missing[number]
                    whole[question.key] = _ask(question, whole, check, back=number > 0)
                    number += 1
                    continue
                plan = settle(whole)
                if not confirmed:
                    _confirm(plan, back=number > 0)
            except terminal.BackError:
                number -= 1
            else:
                return plan


def _confirm(plan: Plan, *, back: bool) -> None:
    report.show(*report.summary(plan))
    if not _yes("Create it?", default=True, back=back):
        raise signals.Stopped(signal.SIGINT)


def _ask(
    question: Question, whole: Given, check: Callable[[Given], str], *, back: bool
) -> str | bool:
    default = whole[question.key]
    if isinstance(default, bool):
        return _yes(f"{question.prompt}?", default=default, back=back)
    if question.choices:
        return _choose(question, default, back=back)

    def problem(text: str) -> str:
        # The default may contradict an earlier answer.
        given = {**whole, question.key: text}
        found = " ".join(answers.validate([question], given))
        return found or (check(given) if question.key == questions.NAME else "")

    return _text(question.prompt, default, problem, back=back)


def _hint(back: bool, *words: str) -> str:  # noqa: FBT001
    """Return what stands in parentheses after a question."""
    way = "Shift-Tab goes back" if terminal.has_keys() else "< goes back"
    hints = [*words, way] if back else words
    return f"({'; '.join(hints)})" if hints else ""


def _yes(text: str, *, default: bool, back: bool) -> bool:
    hint = _hint(back, "Y/n" if default else "y/N")
    if terminal.has_keys():
        import questionary

        prompt = questionary.confirm(text, default, instruction=f"{hint} ")
        return bool(terminal.choose(prompt, back=back))
    while True:
        answer = _line(f"{text} {hint} ", back=back).lower()
        if answer in ("", "y", "yes", "n", "no"):
            return answer.startswith("y") if answer else default
        report.show("Answer y or n.")


def _choose(question: Question, default: str, *, back: bool) -> str:
    shown = [question.words.get(choice, choice) for choice in question.choices]
    if terminal.has_keys():
        import questionary

        choices = [
            questionary.Choice(text, value)
            for text, value in zip(shown, question.choices, strict=True)
        ]
        hint = _hint(back, "Use arrow keys")
        prompt = questionary.select(question.prompt, choices, default, instruction=hint)
        return str(terminal.choose(prompt, back=back))
    report.show(f"{question.prompt}:", *(f"  {n}  {text}" for n, text in enumerate(shown, 1)))
    numbers = {str(n): choice for n, choice in enumerate(question.choices, 1)}
    while True:
        answer = _line(f"Number or name [{default}] {_hint(back)}".rstrip() + ": ", back=back)
        if answer in ("", *question.choices):
            return answer or default
        if answer in numbers:
            return numbers[answer]
        report.show(f"Answer with a number from 1 to {len(shown)}.")


def _text(text: str, default: str, problem: Callable[[str], str], *, back: bool) -> str:
    typed = ""
    while True:
        if terminal.has_keys():
            import questionary

            prompt = questionary.text(
                text,
                typed,
                instruction=_hint(back) or None,
                placeholder=[("class:placeholder", default)],
            )
            typed = (terminal.run(prompt, back=back) or "").strip()
        else:
            typed = _line(f"{text} [{default}] {_hint(back)}".rstrip() + ": ", back=back)
        wrong = problem(typed or default)
        if not wrong:
            return typed or default
        # Not in the prompt library's toolbar, which cuts off text at the terminal's width.
        report.show(wrong)


def _line(text: str, *, back: bool) -> str:
    answer = report.ask(text)
    if back and answer == "<":
        raise terminal.BackError
    return answer
