"""What can go wrong in a way that a user can mend: one tree, an exit code a class."""

from __future__ import annotations


class Error(Exception):
    """A sentence or more for the user: what, why, what to do.

    Args:
        sentences: What the user reads, a line each.
    """

    exit_code = 1
    # What a failed program said, and the command that goes on from there.
    output = ""
    resume = ""

    def __init__(self, *sentences: str) -> None:
        """Keep the sentences."""
        super().__init__(*sentences)
        self.sentences = sentences


class BadAnswerError(Error):
    """An option or an answer can't be used."""

    exit_code = 2


class InTheWayError(Error):
    """Something is at the destination already."""

    exit_code = 3


class MachineError(Error):
    """The machine can't do it: no permission, no space, a tool is missing."""

    exit_code = 4


class StepError(Error):
    """A step after rendering failed: the project is kept and the step can be repeated.

    Args:
        sentence: What the user reads.
        resume: The command that goes on with the step that failed.
        output: What the failed program said.
    """

    exit_code = 5

    def __init__(self, sentence: str, *, resume: str, output: str = "") -> None:
        """Keep what the user needs to go on."""
        super().__init__(sentence)
        self.resume = resume
        self.output = output
