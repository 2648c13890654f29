"""The report of the matrix, for programs and for people; and whether it fits the template."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.matrix.cells import ALL, INSTALLED, OF_FILES, Cell, cells, dotted
from tests.questions import QUICK, ROOT, TEMPLATE

JSON, TABLE, README = ROOT / "docs/matrix.json", ROOT / "docs/matrix.md", ROOT / "README.md"
# What decides what is generated.
INPUTS = (TEMPLATE.name, "hooks", "cookiecutter.json")
# What decides what is proven of it.
PROVERS = (*INPUTS, "generator", "tests", "pyproject.toml")
BEGIN, END = "<!-- The matrix writes from here -->\n", "<!-- to here. -->\n"


@dataclass
class Results:
    """What has been proven so far, by the labels of the cells."""

    verdicts: dict[str, dict[str, str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    versions: dict[str, set[str]] = field(default_factory=dict)

    def add(self, record: Mapping[str, Any]) -> None:
        """Take over what one proof came to."""
        label = record["cell"]
        self.verdicts.setdefault(label, {})[record["proof"]] = record["verdict"]
        self.seconds[label] = self.seconds.get(label, 0) + record["seconds"]
        for name, version in record["versions"].items():
            self.versions.setdefault(name, set()).add(version)

    def has(self, label: str, proof: str) -> bool:
        """Tell whether something has been proven."""
        return self.verdicts.get(label, {}).get(proof) == "passed"

    def whole(self) -> bool:
        """Tell whether nothing is missing, passed or not."""
        return all(set(cell.proofs) <= set(self.verdicts.get(cell.label, ())) for cell in cells())


@cache
def tree(*paths: str) -> str:
    """Return the id of the git tree that these paths, as they are now, would make."""
    with TemporaryDirectory() as folder:
        env = {**os.environ, "GIT_INDEX_FILE": f"{folder}/index", "GIT_LITERAL_PATHSPECS": "1"}

        def git(*words: str) -> str:
            return subprocess.run(
                ["git", *words], cwd=ROOT, env=env, check=True, capture_output=True, text=True
            ).stdout.strip()

        git("add", "--", *paths)
        return git("write-tree")


def template_tree() -> str:
    """Return the id of the template folder's git tree, as `git rev-parse HEAD:FOLDER` prints it."""
    listed = subprocess.run(
        ["git", "ls-tree", "-z", tree(TEMPLATE.name)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return listed.split("\t")[0].split()[2]


def stored() -> Path:
    """Return where results are kept, for a run to go on where another was cut off."""
    return ROOT / ".matrix" / tree(*PROVERS)


def load() -> Results:
    """Return what earlier runs have shown of just this state of the project."""
    results = Results()
    path = stored() / "results.jsonl"
    if path.exists():
        for line in path.read_text().splitlines():
            results.add(json.loads(line))
    return results


def keep(record: Mapping[str, Any]) -> None:
    """Write down what one proof came to."""
    stored().mkdir(parents=True, exist_ok=True)
    with (stored() / "results.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")


def _identity(cell: Cell) -> dict[str, Any]:
    return {
        "answers": cell.answers,
        "python": dotted(cell.python),
        "packages": "lowest" if cell.lowest else "newest",
    }


def content(results: Results) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "template_tree": template_tree(),
        "inputs": tree(*INPUTS),
        "versions": {name: sorted(found) for name, found in sorted(results.versions.items())},
        "cells": [
            {
                **_identity(cell),
                "proofs": {proof: results.verdicts[cell.label][proof] for proof in cell.proofs},
                "seconds": round(results.seconds[cell.label], 1),
            }
            for cell in cells()
        ],
    }


def verdicts(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what must be the same in every run of the same project."""
    return [{k: v for k, v in cell.items() if k != "seconds"} for cell in report["cells"]]


def expected() -> list[dict[str, Any]]:
    """Return what a report must say of each cell."""
    return [{**_identity(c), "proofs": dict.fromkeys(c.proofs, "passed")} for c in cells()]


def summary(report: Mapping[str, Any]) -> str:
    """Say in a sentence or two what a report says."""
    proofs = [verdict for cell in report["cells"] for verdict in cell["proofs"].values()]
    whole = sum(set(ALL) <= set(cell["proofs"]) for cell in report["cells"])
    of_files = sum(set(OF_FILES) == set(cell["proofs"]) for cell in report["cells"])
    others = len(report["cells"]) - whole - of_files
    return (
        f"{proofs.count('passed')} of {len(proofs)} proofs passed: all {whole} combinations of the "
        f"options that shape code, each {_listed(ALL)}; {of_files} more with other answers to "
        f"{_listed(QUICK)}, which only add files, {_listed(OF_FILES)}; and {others} projects on "
        "other versions of Python and on the lowest versions of their packages."
    )


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}"


def table(report: Mapping[str, Any]) -> str:
    """Return the report for people."""
    keys = list(report["cells"][0]["answers"])
    columns = [*ALL, INSTALLED]
    head = [*keys, "Python", "packages", *columns, "s"]
    rows = [
        [
            *map(str, cell["answers"].values()),
            cell["python"],
            cell["packages"],
            *(cell["proofs"].get(proof, "") for proof in columns),
            str(cell["seconds"]),
        ]
        for cell in report["cells"]
    ]
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    versions = [f"- {name} {', '.join(found)}" for name, found in report["versions"].items()]
    return (
        "# The matrix\n\nWritten by `pytest tests/matrix`; [matrix.json](matrix.json) is the same "
        f"for programs.\n\n{summary(report)}\n\n"
        + "\n".join(lines)
        + "\n\n## Versions\n\n"
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
