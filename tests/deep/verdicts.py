"""The verdicts of the deep tests, by file: which are taken over, and which are proven again."""

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests import interpreters
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
SUBJECTS = (
    TEMPLATE,
    *(
        ROOT / name
        for name in (
            "hooks",
            "cookiecutter.json",
            "pyproject.toml",
            "docs/examples",
        )
    ),
)


def digest(file: Path) -> str:
    """Return the digest of what the verdict of a test file depends on."""
    modules = {module for path in (file, *PLUGINS) for module in imported(path)}
    paths = {*modules, *SUBJECTS, HERE / "owner", HERE / "quality", ROOT / "docs/production.md"}
    runs_command = any(module.is_relative_to(ROOT / "tests/cli") for module in modules)
    text = file.read_text()
    if runs_command or "django_asgi_new" in text:
        paths.add(ROOT / "generator")
    if "tests.deep import verdicts" in text:
        paths.add(HERE)
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
        self.digests = digests()
        # The tests of each file, and those that have passed.
        self.collected: dict[str, set[str]] = {}
        self.passed: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.lines: list[str] = []
        if config.option.check:
            self._choose()

    def _choose(self) -> None:
        known = recorded()
        found = self.digests
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

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        for test in ids:
            self.collected.setdefault(_file(test), set()).add(test)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.pytest_xdist_node_collection_finished([item.nodeid for item in session.items])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = _file(report.nodeid)
        self.seconds[name] = self.seconds.get(name, 0) + report.duration
        if not report.passed:
            self.failed.add(name)
        elif report.when == "call":
            self.passed.setdefault(name, set()).add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        option = self.config.option
        chosen = option.keyword or option.markexpr or option.deselect or option.lf
        partial = chosen or any("::" in argument for argument in self.config.args)
        if partial or option.check or option.collectonly or interpreters.missing():
            return
        known = recorded()
        # What was edited meanwhile may not be what has run.
        now = digests()
        whole = {
            name
            for name, tests in self.passed.items()
            if name not in self.failed and tests == self.collected.get(name)
        }
        fresh = {
            name: {"digest": self.digests[name], "seconds": round(self.seconds[name])}
            for name in whole
            if name in now and self.digests.get(name) == now[name]
        }
        kept = {name: known[name] for name in now if name in known and name not in self.failed}
        content = dict(sorted((kept | fresh).items()))
        RECORD.write_text(json.dumps(content, indent=1) + "\n")


def _file(test: str) -> str:
    """Return the name of a test's file."""
    return test.partition("::")[0].rpartition("/")[2]


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
