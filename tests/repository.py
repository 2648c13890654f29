"""A copy of this repository as it is, committed or not, for a test to change or to clone."""

import shutil
import subprocess
from pathlib import Path

from tests.questions import ROOT


def copy_repository(folder: Path) -> None:
    """Copy all files but the ignored ones, as one commit of a repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        # One that is listed may have been removed since the last commit.
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*identity, "commit", "-qm", "test"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
