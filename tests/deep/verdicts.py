"""The verdicts of the deep tests, by file: which are taken over, and which are proven again."""

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.digests import imported, of_paths
from tests.questions import ROOT, TEMPLATE

RECORD = ROOT / "docs/deep.json"
HERE = Path(__file__).parent
# Of the files whose verdict is taken over, this part runs all the same.
SAMPLE = 0.1
# The files that a checking run proves, for its worker processes.
CHOSEN = "DEEP_TESTS"
# Loaded by pytest, not imported by a test.
PLUGINS = (HERE / "conftest.py", ROOT / "tests/conftest.py", ROOT / "tests/projects/fixtures.py")
# What the tests read besides themselves.
SUBJECTS = (TEMPLATE, *(ROOT / name for name in ("hooks", "cookiecutter.json", "docs/examples")))


def digest(file: Path) -> str:
    """Return the digest of what the verdict of a test file depends on."""
    modules = {module for path in (file, *PLUGINS) for module in imported(path)}
    paths = {*modules, *SUBJECTS, HERE / "quality", ROOT / "docs/production.md"}
    runs_command = any(module.is_relative_to(ROOT / "tests/cli") for module in modules)
    text = file.read_text()
    if runs_command or "django_asgi_new" in text:
        paths.add(ROOT / "generator")
    if re.search(r"tests[./]matrix", text):
        paths |= {ROOT / "tests/matrix", ROOT / "tests/proofs"}
    return of_paths(paths)


def digests() -> dict[str, str]:
    """Return the digests of all test files."""
    return {file.name: digest(file) for file in sorted(HERE.glob("test_*.py"))}


def recorded() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return content


class Recorder:
    """Chooses the files that a checking run proves; records what any other run has proven."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.lines: list[str] = []
        if config.option.check:
            self._choose()

    def _choose(self) -> None:
        known = recorded()
        found = digests()
        reused = [name for name in found if known.get(name, {}).get("digest") == found[name]]
        changed = [name for name in found if name not in reused]
        seed = self.config.option.seed
        size = -(-len(reused) * round(100 * SAMPLE) // 100)
        sample = random.Random(seed).sample(reused, size)  # noqa: S311
        os.environ[CHOSEN] = " ".join([*changed, *sample])
        self.lines = [
            f"deep: changed since they were recorded: {', '.join(changed) or 'none'}",
            f"deep: of {len(reused)} others, proven again (--seed={seed}): {', '.join(sample)}",
        ]

    def pytest_report_header(self) -> list[str]:
        return self.lines

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = ROOT / report.nodeid.partition("::")[0]
        if file.parent != HERE:
            return
        name = file.name
        self.seconds[name] = self.seconds.get(name, 0) + report.duration
        if not report.passed:
            self.failed.add(name)

    def pytest_sessionfinish(self) -> None:
        option = self.config.option
        partial = option.keyword or option.markexpr or any("::" in a for a in self.config.args)
        if partial or option.check or option.collectonly:
            return
        known = recorded()
        found = digests()
        fresh = {
            name: {"digest": found[name], "seconds": round(seconds)}
            for name, seconds in self.seconds.items()
            if name in found and name not in self.failed
        }
        kept = {name: known[name] for name in found if name in known and name not in self.failed}
        content = dict(sorted((kept | fresh).items()))
        RECORD.write_text(json.dumps(content, indent=1) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config), "deep-recorder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the files whose verdict is taken over."""
    if not config.option.check:
        return
    chosen = os.environ[CHOSEN].split()
    left = [item for item in items if item.path.parent == HERE and item.path.name not in chosen]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
