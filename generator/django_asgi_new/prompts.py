"""Asks on a terminal for what no flag and no file has answered."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from django_asgi_new import answers, report, signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import questionary

    from django_asgi_new.answers import Given
    from django_asgi_new.plan import Plan
    from django_asgi_new.questions import Question


def possible() -> bool:
    """Tell whether somebody is there to answer; stdout may well be a file or a pipe."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(asked: Sequence[Question], given: Given, defaults: Mapping[str, str | bool]) -> Given:
    """Ask for each answer that is missing, until it is one that can be used.

    Args:
        asked: The questions.
        given: The answers so far, by the names of the questions.
        defaults: What Enter answers.

    Returns:
        All the answers.

    Raises:
        signals.Stopped: A signal came, or Ctrl-C or Ctrl-D was pressed.
    """
    whole = {question.key: defaults[question.key] for question in asked}
    whole.update(given)
    with _terminal():
        for question in asked:
            if question.key not in given:
                whole[question.key] = _ask(question, whole)
    return whole


def confirm(plan: Plan) -> None:
    """Show what will be made, and go on only if that is wanted.

    Raises:
        signals.Stopped: It is not.
    """
    report.show(*report.summary(plan))
    with _terminal():
        if not _yes("Make it?", default=True):
            raise signals.Stopped(signal.SIGINT)


@contextmanager
def _terminal() -> Iterator[None]:
    """Ask where all talk appears, so that stdout holds the result alone; let Ctrl-C end it."""
    with ExitStack() as session:
        if sys.platform != "win32":
            import termios

            # A signal may come between what the prompt library does and its note to undo it.
            mode = termios.tcgetattr(sys.stdin)
            session.callback(termios.tcsetattr, sys.stdin, termios.TCSADRAIN, mode)
        if _has_keys():
            from prompt_toolkit.application import create_app_session
            from prompt_toolkit.output import create_output

            session.enter_context(create_app_session(output=create_output(stdout=sys.stderr)))
        try:
            yield
        except (KeyboardInterrupt, EOFError):
            raise signals.Stopped(signal.SIGINT) from None


def _ask(question: Question, answers_so_far: Given) -> str | bool:
    default = answers_so_far[question.key]
    if isinstance(default, bool):
        return _yes(f"{question.prompt}?", default=default)
    if question.choices:
        return _choose(question, default)

    def problem(text: str) -> str:
        # An empty line takes the default, which may not go with an answer before it.
        found = answers.validate([question], {**answers_so_far, question.key: text or default})
        return " ".join(found)

    return _text(question.prompt, default, problem)


def _yes(text: str, *, default: bool) -> bool:
    if _has_keys():
        import questionary

        return bool(_answer(questionary.confirm(text, default=default)))
    while True:
        answer = report.ask(f"{text} [{'Y/n' if default else 'y/N'}] ").lower()
        if answer in ("", "y", "yes", "n", "no"):
            return answer.startswith("y") if answer else default
        report.show("Answer y or n.")


def _choose(question: Question, default: str) -> str:
    shown = [question.words.get(choice, choice) for choice in question.choices]
    if _has_keys():
        import questionary

        choices = [
            questionary.Choice(text, value)
            for text, value in zip(shown, question.choices, strict=True)
        ]
        return str(_answer(questionary.select(question.prompt, choices, default)))
    report.show(f"{question.prompt}:", *(f"  {n}  {text}" for n, text in enumerate(shown, 1)))
    numbers = {str(n): choice for n, choice in enumerate(question.choices, 1)}
    while True:
        answer = report.ask(f"Number or name [{default}]: ") or default
        if answer in question.choices:
            return answer
        if answer in numbers:
            return numbers[answer]
        report.show(f"Answer with a number from 1 to {len(shown)}.")


def _text(text: str, default: str, problem: Callable[[str], str]) -> str:
    if _has_keys():
        import questionary

        prompt = questionary.text(
            text,
            validate=lambda answer: problem(answer) or True,
            placeholder=[("class:placeholder", default)],
        )
        return _answer(prompt) or default
    while True:
        answer = report.ask(f"{text} [{default}]: ") or default
        wrong = problem(answer)
        if not wrong:
            return answer
        report.show(wrong)


def _answer(prompt: questionary.Question) -> Any:  # noqa: ANN401, as its type says
    """Run a prompt, which a signal ends between two turns of its event loop.

    An exception that a signal's handler raises inside an event loop may be swallowed there.
    """
    application = prompt.application

    def leave() -> None:
        if signals.pending() and application.future and not application.future.done():
            application.exit()

    def wake() -> None:
        if application.loop:
            application.loop.call_soon_threadsafe(leave)

    with signals.held(wake):
        return application.run(pre_run=leave)


def _has_keys() -> bool:
    """Tell whether the terminal can move its cursor, which arrow keys need."""
    return sys.platform == "win32" or os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
