"""What signals and failing writes at many moments must lead to: the whole project or no trace."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.command import environment, tree
from tests.cli.faults import Outcome
from tests.questions import ROOT

SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]
ERRORS = {
    "ENOSPC": "No space left on device",
    "EROFS": "Read-only file system",
    "EACCES": "Permission denied",
    "vanish": "No such file or directory",
}


def _outcomes(here: Path, fault: str, step: int, start: int, *, occupied: bool) -> list[Outcome]:
    """Return what a fault at each moment led to; the first outcome is without a fault."""
    kind = "occupied" if occupied else "free"
    (here / "mine").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.faults", fault, here, str(step), str(start), kind],
        cwd=ROOT,
        env=environment(here),
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert (here / "mine").read_text() == "mine"
    assert tree(here.parent / "home") == {}
    undisturbed, *found = [Outcome(**json.loads(line)) for line in done.stdout.splitlines()]
    assert undisturbed.code == 0
    return found


def _is_clean(said: str) -> bool:
    return "Traceback" not in said and "Exception" not in said


def check_signal(here: Path, name: str, step: int, start: int, *, occupied: bool = False) -> int:
    """Send a signal at each moment, and return at how many."""
    found = _outcomes(here, name, step, start, occupied=occupied)
    for outcome in found:
        assert _is_clean(outcome.said), outcome
        # After the last word on stderr, the outcome is settled.
        assert outcome.code == 128 + signal.Signals[name] or outcome.left == "all", outcome
        whole = "The project is in" in outcome.said or "Next steps" in outcome.said
        assert outcome.left == ("all" if whole else "nothing"), outcome
    assert {outcome.left for outcome in found} == {"nothing", "all"}
    return len(found)


def check_error(here: Path, name: str, step: int, start: int = 0, *, occupied: bool = False) -> int:
    """Let writing fail from each moment on, and return at how many."""
    found = _outcomes(here, name, step, start, occupied=occupied)
    folder = f"{here}/new/folders{'/mysite' if occupied else ''}"
    for outcome in found:
        if outcome.left == "all":
            # It came with the last write, the rename, or after it.
            assert (name, outcome.code) == ("vanish", 0)
            continue
        assert (outcome.code, outcome.left) == (4, "nothing"), outcome
        assert outcome.said == (
            f"Error: {folder} can't be written to: {ERRORS[name]}. Choose another "
            "--output-dir, or fix the problem.\n"
        )
    return len(found)
