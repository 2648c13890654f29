"""Which verdicts are taken over, and which are proven again."""

import json
import os
import random
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

from tests import rendering
from tests.digests import of
from tests.matrix import digests, packages
from tests.matrix.cells import Cell, cells
from tests.matrix.packages import Packages
from tests.questions import Answers
from tests.rendering import File

# Of the verdicts that are taken over, this part is proven again when they are checked.
SAMPLE = 0.1
WORKERS = os.cpu_count() or 1


@dataclass(frozen=True)
class Claim:
    """Something that is to be shown of a cell.

    Attributes:
        cell: The label of the cell.
        proof: The name of the proof.
        digest: What its verdict depends on.
        answers: What the project is generated from.
        packages: What it runs with.
        until: The date up to which packages count; None for the newest.
    """

    cell: str
    proof: str
    digest: str
    answers: Answers
    packages: Packages
    until: str | None

    @property
    def label(self) -> str:
        """Its name as a test."""
        return f"{self.proof}-{self.cell}" + ("" if self.until else "-today")

    @property
    def environment(self) -> str:
        """A name for claims whose environments are nearly the same: one process proves them."""
        if not self.packages.requirements:
            return self.cell
        return f"{self.packages.release} {self.packages.versions().get('django')}"


@dataclass(frozen=True)
class Plan:
    """What a run proves.

    Attributes:
        claims: All that there is to show, with the packages of a date.
        until: That date.
        proven: The claims that a run must prove.
        sample: Claims that have a verdict, with the newest packages.
    """

    claims: list[Claim]
    until: str
    proven: list[Claim]
    sample: list[Claim] = field(default_factory=list)

    def tests(self) -> list[Claim]:
        return [*self.proven, *self.sample]

    def write(self, path: Path) -> None:
        """Write down the tests for the processes that run them."""
        path.write_text(json.dumps([asdict(claim) for claim in self.tests()]))


def read(path: Path) -> list[Claim]:
    """Read the tests of a plan."""
    return [
        Claim(**{**fields, "packages": Packages(**fields["packages"])})
        for fields in json.loads(path.read_text())
    ]


@cache
def _files(answers: str) -> list[File]:
    return rendering.read(json.loads(answers))


def rendered(answers: Answers) -> list[File]:
    """Return the files of a project, rendered once."""
    return _files(json.dumps(answers))


def digests_of_files(cell: Cell) -> dict[str, str]:
    """Return the digests of what each proof of a cell reads, and the text of its pyproject.toml."""
    files = rendered(cell.answers)
    found = {proof: digests.of_files(files, reads(proof)) for proof in cell.proofs}
    (pyproject,) = [file for file in files if file.path == "pyproject.toml"]
    return {**found, "pyproject": pyproject.content.decode()}


def reads(proof: str) -> str:
    kind: str = import_module(f"tests.proofs.{proof}").READS
    return kind


def claims(wanted: Iterable[Cell], until: str | None) -> list[Claim]:
    """Return all claims of some cells, with their digests.

    Args:
        wanted: The cells.
        until: The date up to which packages count; None for the newest.
    """
    wanted = list(wanted)
    with ProcessPoolExecutor(WORKERS) as processes:
        files = list(processes.map(digests_of_files, wanted, chunksize=8))

    def resolve(cell: Cell, found: dict[str, str]) -> Packages:
        if cell.needs_environment:
            return packages.resolve(cell, found["pyproject"], until)
        return packages.without_packages(cell)

    # It is uv that works, or the network.
    with ThreadPoolExecutor(2 * WORKERS) as threads:
        resolved = list(threads.map(resolve, wanted, files))
    return [
        claim(cell, proof, found, chosen, until)
        for cell, found, chosen in zip(wanted, files, resolved, strict=True)
        for proof in cell.proofs
    ]


def claim(
    cell: Cell, proof: str, files: dict[str, str], chosen: Packages, until: str | None
) -> Claim:
    parts = [proof, files[proof], digests.of_code(proof)]
    if proof not in {"rendered", "linted"}:
        parts.append(chosen.digest)
    return Claim(cell.label, proof, of(*parts), cell.answers, chosen, until)


def make(known: Iterable[tuple[str, str]], until: str) -> Plan:
    """Plan a run that proves what has no verdict.

    Args:
        known: The proofs and digests that have passed.
        until: The date up to which packages count.
    """
    everything = claims(cells(), until)
    done = set(known)
    proven = []
    for claim in everything:
        if (claim.proof, claim.digest) not in done:
            # What two cells have in common is proven once.
            done.add((claim.proof, claim.digest))
            proven.append(claim)
    return Plan(everything, until, sorted(proven, key=_order))


def _order(claim: Claim) -> tuple[str, str]:
    """Return a key that puts claims together for which little has to be installed anew."""
    return claim.environment, claim.packages.digest


def sampled(plan: Plan, seed: int) -> Plan:
    """Add a part of the verdicts that are taken over, with the newest packages."""
    again = {(claim.proof, claim.digest) for claim in plan.proven}
    reused = [claim for claim in plan.claims if (claim.proof, claim.digest) not in again]
    chosen = random.Random(seed).sample(reused, round(SAMPLE * len(reused)))  # noqa: S311
    names = {(claim.cell, claim.proof) for claim in chosen}
    labels = {cell for cell, _ in names}
    newest = claims([cell for cell in cells() if cell.label in labels], None)
    sample = sorted((c for c in newest if (c.cell, c.proof) in names), key=_order)
    return Plan(plan.claims, plan.until, plan.proven, sample)
