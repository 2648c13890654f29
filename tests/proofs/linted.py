"""The linters of container and CI files have nothing to report."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.debian import program
from tests.proofs.subject import BESIDE, Subject, run

READS = BESIDE

BIN = Path(sys.executable).parent
WORKFLOW = ".github/workflows/ci.yml"
DEPENDABOT = ".github/dependabot.yml"
HOOKS = ".pre-commit-config.yaml"
COMPOSE = ("compose.yaml", "compose.dev.yaml")


@dataclass(frozen=True)
class Tool:
    """A linter.

    Attributes:
        command: Returns the command that the names of files are added to.
        files: The files that it checks.
    """

    command: Callable[[], list[str]]
    files: tuple[str, ...]

    def run(self, project: Path) -> str:
        files = [file for file in self.files if (project / file).exists()]
        return run(*self.command(), *files, cwd=project) if files else ""


def hadolint() -> list[str]:
    return [str(BIN / "hadolint"), "--failure-threshold", "style"]


def zizmor(*options: str) -> list[str]:
    strict = ["--offline", "--persona=auditor", "--strict-collection", "--collect=all"]
    return [str(BIN / "zizmor"), "--quiet", *strict, *options]


def jactionlint() -> list[str]:
    shellcheck = program("shellcheck", "shellcheck")
    return [str(BIN / "jactionlint"), "--strict-exit", f"--shellcheck={shellcheck}"]


def schema(name: str) -> Callable[[], list[str]]:
    return lambda: [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{name}"]


def pre_commit() -> list[str]:
    return [sys.executable, "-m", "pre_commit", "validate-config"]


TOOLS = {
    "hadolint": Tool(hadolint, ("Dockerfile",)),
    "schema of Compose": Tool(schema("compose-spec"), COMPOSE),
    "zizmor": Tool(zizmor, (WORKFLOW, DEPENDABOT, HOOKS)),
    "jactionlint": Tool(jactionlint, (WORKFLOW, DEPENDABOT)),
    "schema of workflows": Tool(schema("github-workflows"), (WORKFLOW,)),
    "schema of Dependabot": Tool(schema("dependabot"), (DEPENDABOT,)),
    "pre-commit": Tool(pre_commit, (HOOKS,)),
}


def prove(subject: Subject) -> None:
    for tool in TOOLS.values():
        # pre-commit only warns of a key that it does not know.
        assert "[WARNING]" not in tool.run(subject.folder)
