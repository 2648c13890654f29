"""What is proven: every combination of options, and the ends of the supported versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django_asgi_new import pythons

from tests.environments import supported
from tests.interpreters import dotted, newest
from tests.questions import Answers, combinations, label, pairs, usual

# Proofs of every combination, by what they need.
OF_FILES = ("rendered", "linted")
OF_CODE = ("clean", "tested", "booted", "crossed", "seen")
# What another Python or another release of a package could break.
OF_VERSIONS = ("tested", "booted")
# For each server on each layer: every way in which the generator itself can be run.
INSTALLED = "installed"
PROOFS = (*OF_FILES, *OF_CODE, INSTALLED)


@dataclass(frozen=True)
class Cell:
    """A project that is proven.

    Attributes:
        answers: What it is generated from.
        python: The version of its Python.
        lowest: Whether its packages are the oldest that it allows, instead of the newest.
        proofs: The names of what is proven of it.
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
    def needs_environment(self) -> bool:
        """Whether its code is run."""
        return bool(set(self.proofs) - set(OF_FILES))


def _planned() -> Iterator[Cell]:
    """Yield all cells, whether this machine has their Python or not."""
    shaping, install = usual(), pairs("server", "layer")
    for answers in combinations():
        proofs: tuple[str, ...] = OF_FILES
        if answers in shaping:
            proofs = (*OF_FILES, *OF_CODE, *([INSTALLED] if answers in install else []))
        yield Cell(answers, supported(answers)[-1], lowest=False, proofs=proofs)
    for answers in shaping:
        oldest, *newer = supported(answers)
        if newer:
            yield Cell(answers, oldest, lowest=False, proofs=OF_VERSIONS)
    yield from _between()
    for answers in install:
        yield Cell(answers, supported(answers)[0], lowest=True, proofs=OF_VERSIONS)


def _between() -> Iterator[Cell]:
    """Yield a cell for each server on each Python that is the end of no range."""
    seen: set[tuple[str | bool, pythons.Version]] = set()
    for answers in usual():
        if any(answers[key] != usual()[0][key] for key in answers.keys() - {"server", "django"}):
            continue
        for version in supported(answers)[1:-1]:
            if (answers["server"], version) not in seen:
                seen.add((answers["server"], version))
                yield Cell(answers, version, lowest=False, proofs=OF_VERSIONS)


@cache
def cells() -> list[Cell]:
    """Return all that this machine can run."""
    return [cell for cell in _planned() if newest(cell.python)]


@cache
def lacking() -> list[str]:
    """Return the versions of Python that would be needed for the rest."""
    return sorted({dotted(cell.python) for cell in _planned() if not newest(cell.python)})
