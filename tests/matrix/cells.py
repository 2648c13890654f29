"""What is proven: every combination of options, and the ends of the promised versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django_asgi_new import pythons

from tests.environments import supported
from tests.questions import QUESTIONS, QUICK, Answers, combinations, label, pairs, usual

ALL = ("rendered", "clean", "tested", "booted", "crossed", "seen")
# For each server on each layer: every way in which the generator itself can be run.
INSTALLED = "installed"
# What the other values of a quick question could break.
OF_FILES = ("rendered", "clean")
# What an older or a newer package could break.
OF_VERSIONS = ("tested", "booted")


@dataclass(frozen=True)
class Cell:
    """A project that is proven.

    Attributes:
        answers: What it is made from.
        python: The version of its Python.
        lowest: Whether its packages are the oldest that it allows, instead of the newest.
        proofs: The names of what is shown of it.
    """

    answers: Answers
    python: pythons.Version
    lowest: bool
    proofs: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its name in reports and on the command line."""
        lowest = "-lowest" if self.lowest else ""
        return f"{label(self.answers)}-python{dotted(self.python)}{lowest}"

    @property
    def environment(self) -> str:
        """Name what it installs: the same as the cells that differ in quick questions alone."""
        slow = {key: value for key, value in self.answers.items() if key not in QUICK}
        return f"{label(slow)}-{dotted(self.python)}-{self.lowest}"

    @property
    def interpreter(self) -> str:
        """The path of its Python."""
        found = _interpreter(self.python)
        assert found
        return found.path


def dotted(version: pythons.Version) -> str:
    return f"{version[0]}.{version[1]}"


@cache
def _interpreter(version: pythons.Version) -> pythons.Python | None:
    return pythons.exactly(version)


def _planned() -> Iterator[Cell]:
    # The newest Django on the newest Python, the oldest on the oldest it runs on.
    newest = QUESTIONS["django"][0]
    deep, some = usual(), pairs("server", "layer")
    for answers in combinations():
        django = str(answers["django"])
        python = supported(answers)[-1 if django == newest else 0]
        proofs: tuple[str, ...] = ALL if answers in deep else OF_FILES
        if answers in some:
            proofs = (*ALL, INSTALLED)
        yield Cell(answers, python, lowest=False, proofs=proofs)
    # The other ends, for each server on each layer.
    for django in QUESTIONS["django"]:
        for answers in some:
            chosen = {**answers, "django": django}
            oldest, latest = supported(chosen)[0], supported(chosen)[-1]
            other = oldest if django == newest else latest
            yield Cell(chosen, other, lowest=False, proofs=OF_VERSIONS)
            yield Cell(chosen, oldest, lowest=True, proofs=OF_VERSIONS)


@cache
def cells() -> list[Cell]:
    """Return all that this machine can run."""
    return [cell for cell in _planned() if _interpreter(cell.python)]


@cache
def lacking() -> list[str]:
    """Return the versions of Python that would be needed for the rest."""
    return sorted({dotted(c.python) for c in _planned() if not _interpreter(c.python)})
