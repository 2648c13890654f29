"""The report of the matrix, for programs and for people."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.matrix.cells import OF_CODE, OF_FILES, PROOFS, Cell, cells
from tests.matrix.plan import Claim, Plan
from tests.questions import QUICK, ROOT

JSON, TABLE, README = ROOT / "docs/matrix.json", ROOT / "docs/matrix.md", ROOT / "README.md"
# What a run has proven, for another one to go on with.
KEPT = ROOT / ".matrix/verdicts.jsonl"
BEGIN, END = "<!-- The matrix writes from here -->\n", "<!-- to here. -->\n"
PASSED, FAILED = "passed", "failed"


@dataclass(frozen=True)
class Verdict:
    """What a proof came to."""

    verdict: str
    seconds: float


@dataclass
class Verdicts:
    """Verdicts by what they depend on: the proof and its digest."""

    found: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def add(self, proof: str, digest: str, verdict: Verdict) -> None:
        self.found[proof, digest] = verdict

    def of(self, claim: Claim) -> Verdict | None:
        return self.found.get((claim.proof, claim.digest))

    def passed(self) -> list[tuple[str, str]]:
        return [key for key, verdict in self.found.items() if verdict.verdict == PASSED]


def load() -> Verdicts:
    """Return the verdicts of the committed report, and of runs that were cut off."""
    verdicts = Verdicts()
    for cell in committed().get("cells", ()):
        for proof, said in cell["proofs"].items():
            verdicts.add(proof, said["digest"], Verdict(said["verdict"], said["seconds"]))
    if KEPT.exists():
        for line in KEPT.read_text().splitlines():
            said = json.loads(line)
            verdict = Verdict(said["verdict"], said["seconds"])
            verdicts.add(said["proof"], said["digest"], verdict)
    return verdicts


def committed() -> dict[str, Any]:
    """Return the report that is in the repository."""
    content: dict[str, Any] = json.loads(JSON.read_text()) if JSON.exists() else {}
    return content


def keep(proof: str, digest: str, verdict: Verdict) -> None:
    """Write down a verdict at once."""
    KEPT.parent.mkdir(exist_ok=True)
    record = {
        "proof": proof,
        "digest": digest,
        "verdict": verdict.verdict,
        "seconds": round(verdict.seconds, 1),
    }
    with KEPT.open("a") as file:
        file.write(json.dumps(record) + "\n")


def identity(cell: Cell) -> dict[str, Any]:
    """Return what a report says of a cell, whatever it comes to."""
    return {"answers": cell.answers, "packages": "lowest" if cell.lowest else "newest"}


def content(plan: Plan, verdicts: Verdicts) -> dict[str, Any]:
    """Return the report for programs."""
    claims: dict[str, list[Claim]] = {}
    for claim in plan.claims:
        claims.setdefault(claim.cell, []).append(claim)
    return {
        "packages_until": plan.until,
        "versions": _versions(plan),
        "cells": [
            {
                **identity(cell),
                "python": claims[cell.label][0].packages.release,
                "proofs": {
                    claim.proof: _said(claim, verdicts.found[claim.proof, claim.digest])
                    for claim in claims[cell.label]
                },
            }
            for cell in cells()
        ],
    }


def _said(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.verdict,
        "digest": claim.digest,
        "seconds": round(verdict.seconds, 1),
    }


def _versions(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for claim in plan.claims:
        found.setdefault("Python", set()).add(claim.packages.release)
        for name, version in claim.packages.versions().items():
            found.setdefault(name, set()).add(version)
    return {name: sorted(found[name]) for name in sorted(found, key=str.lower)}


def proofs(report: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return which proofs of which cells a report has."""
    return [
        (cell["answers"], cell["packages"], cell["python"].rpartition(".")[0], [*cell["proofs"]])
        for cell in report.get("cells", ())
    ]


def summary(report: Mapping[str, Any]) -> str:
    """Return a report in two sentences."""
    verdicts = [said["verdict"] for cell in report["cells"] for said in cell["proofs"].values()]
    whole = sum(set(OF_CODE) <= set(cell["proofs"]) for cell in report["cells"])
    of_files = sum(set(OF_FILES) == set(cell["proofs"]) for cell in report["cells"])
    others = len(report["cells"]) - whole - of_files
    return (
        f"{verdicts.count(PASSED)} of {len(verdicts)} proofs passed: all {whole} combinations of "
        f"the options that shape code, each {_listed((*OF_FILES, *OF_CODE))}; {of_files} "
        f"combinations with other answers to {_listed(QUICK)}, which only add files, each "
        f"{_listed(OF_FILES)}; and {others} projects on other versions of Python or on the oldest "
        "packages that they allow."
    )


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}"


def table(report: Mapping[str, Any]) -> str:
    """Return the report for people."""
    keys = list(report["cells"][0]["answers"])
    head = [*keys, "Python", "packages", *PROOFS, "s"]
    rows = [
        [
            *map(str, cell["answers"].values()),
            cell["python"],
            cell["packages"],
            *(cell["proofs"].get(proof, {}).get("verdict", "") for proof in PROOFS),
            f"{sum(said['seconds'] for said in cell['proofs'].values()):.1f}",
        ]
        for cell in report["cells"]
    ]
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    versions = [f"- {name} {', '.join(found)}" for name, found in report["versions"].items()]
    return (
        "# The matrix\n\nWritten by `pytest tests/matrix`; [matrix.json](matrix.json) is the same "
        "report for programs, and has a digest of what each verdict depends on.\n\n"
        f"{summary(report)}\n\nA proof that two combinations share, since its files are the same, "
        "ran once; its seconds are listed with both.\n\n"
        + "\n".join(lines)
        + f"\n\n## Versions\n\nPackages as of {report['packages_until']}:\n\n"
        + "\n".join(versions)
        + "\n"
    )


def write(report: Mapping[str, Any]) -> None:
    """Write both reports, and the README's summary."""
    JSON.parent.mkdir(exist_ok=True)
    JSON.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    TABLE.write_text(table(report))
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{summary(report)}\n{END}{after}")


def is_written(report: Mapping[str, Any]) -> bool:
    """Return whether the files for people agree with the one for programs."""
    return TABLE.read_text() == table(report) and summary(report) in README.read_text()
