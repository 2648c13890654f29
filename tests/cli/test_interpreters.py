"""The command itself runs on every promised Python, as it is installed: from its wheel."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import interpreters
from tests.cli.command import environment, run, tree, without_secret
from tests.questions import ROOT

UV = [sys.executable, "-m", "uv", "--quiet"]
PROGRAM = ".venv/bin/django-asgi-new"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*UV, "build", "--wheel", "--out-dir", folder, ROOT], check=True)
    (made,) = folder.glob("*.whl")
    return made


# One process builds the wheel for all of them.
@pytest.mark.xdist_group("wheel")
@pytest.mark.parametrize("python", interpreters.everything(), ids=interpreters.named)
def test_the_command_runs_on_every_python(wheel: Path, here: Path, python: str) -> None:
    root = here.parent
    subprocess.run([*UV, "venv", "--python", python, root / ".venv"], check=True)
    installed = root / ".venv/bin/python"
    subprocess.run([*UV, "pip", "install", "--python", installed, wheel], check=True)

    def said(*arguments: str) -> str:
        return subprocess.run(
            [root / PROGRAM, *arguments],
            cwd=here,
            env=environment(here, PYTHONPATH="", PYTHONWARNINGS="error"),
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert said("--version") == run(here, "--version").stdout
    assert said("--help") == run(here, "--help").stdout
    assert said("mysite") == f"{here}/mysite\n"
    assert run(here, "mysite", "-o", "expected").returncode == 0
    expected = tree(here / "expected/mysite")
    assert without_secret(tree(here / "mysite")) == without_secret(expected)
