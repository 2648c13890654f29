"""Errors that a user can fix, each class with its exit code."""

from __future__ import annotations


class Error(Exception):
    """A sentence or more for the user: what, why, what to do.

    Args:
        sentences: The sentences, a line each.
        advice: The words before a command that continues, such as "Start it with".
        resume: That command.
        output: The output of a program that failed.
    """

    exit_code = 1

    def __init__(
        self, *sentences: str, advice: str = "", resume: str = "", output: str = ""
    ) -> None:
        """Store what the user reads."""
        super().__init__(*sentences)
        self.sentences = sentences
        self.advice = advice
        self.resume = resume
        self.output = output


class BadAnswerError(Error):
    """An option or an answer is invalid."""

    exit_code = 2


class InTheWayError(Error):
    """Something is at the destination already."""

    exit_code = 3


class MachineError(Error):
    """The machine can't do it: no permission, no space, a tool is missing."""

    exit_code = 4


class StepError(Error):
    """A step after rendering failed: the project is kept and the step can be repeated."""

    exit_code = 5
