"""The tests go on with the Pythons that they find."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import interpreters
from tests.questions import ROOT

PROVIDE = """
from tests import interpreters
interpreters.provide()
print(*filter(None, map(interpreters.newest, interpreters.promised())), interpreters.failure())
"""


@pytest.mark.skipif(not interpreters.on_debian(), reason="only Debian's Pythons are unpacked")
def test_a_mirror_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    apt = programs / "apt-get"
    apt.write_text("#!/bin/sh\necho E: the mirror does not answer; exit 100\n")
    apt.chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, interpreters.VARIABLE: str(tmp_path / "pythons")}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROVIDE],
            cwd=ROOT,
            env=env,
            check=True,
            capture_output=True,
            text=True,
        )
        assert f"python{sys.version_info.major}.{sys.version_info.minor}" in done.stdout
        assert "apt-get: E: the mirror does not answer" in done.stdout
