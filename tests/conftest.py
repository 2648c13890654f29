"""What all tests share."""

import os
import random
import signal

import pytest

from tests import interpreters

pytest_plugins = ["tests.projects.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("verdicts of tests/deep and tests/matrix")
    group.addoption(
        "--check",
        action="store_true",
        help="run what has changed since its verdict was recorded, and a random tenth of the rest; "
        "record nothing",
    )
    group.addoption("--seed", type=int, help="which tenth: the number that a run has printed")
    group.addoption("--fresh", action="store_true", help="tests/matrix: take over no verdict")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give every test, and every program that one starts, the same surroundings."""
    # The caller may have them ignored, as nohup and background shells do.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE}:
        if signal.getsignal(number) is signal.SIG_IGN and number != signal.SIGXFSZ:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Compiling Django anew takes a second of every process that a test starts.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not hasattr(config, "workerinput"):
        interpreters.provide()
        if config.option.seed is None:
            config.option.seed = random.randrange(1_000_000)  # noqa: S311


def pytest_report_header() -> list[str]:
    """Name the Pythons that are used, and the ones that this machine lacks."""
    found = [python.path for v in interpreters.promised() if (python := interpreters.newest(v))]
    releases = ", ".join(interpreters.dotted(interpreters.release(path)) for path in found)
    lines = [
        f"Python: {releases}",
        f"left out, for want of their Python: {', '.join(interpreters.missing()) or 'nothing'}",
    ]
    if failure := interpreters.failure():
        lines.append(f"Debian's newer releases are not available: {failure.splitlines()[-1]}")
    return lines
