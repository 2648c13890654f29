"""The command itself runs on every promised Python, as it is installed: from its wheel."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import interpreters
from tests.cli.command import command, environment, tree, without_secret
from tests.questions import ROOT

UV = [sys.executable, "-m", "uv", "--quiet"]


def results(here: Path, program: Callable[..., list[str | Path]], **variables: str) -> list[object]:
    """Return what the command prints and makes in an empty folder."""
    env = environment(here) | variables
    printed = [
        subprocess.run(
            program(argument), cwd=here, env=env, check=True, capture_output=True, text=True
        ).stdout.replace(str(here), "here")
        for argument in ("--version", "--help", "mysite")
    ]
    return [*printed, without_secret(tree(here / "mysite"))]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*UV, "build", "--wheel", "--out-dir", folder, ROOT], check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """Return the results of the command in this repository."""
    here = tmp_path_factory.mktemp("expected") / "here"
    here.mkdir()
    return results(here, command)


# One process builds the wheel for all of them.
@pytest.mark.xdist_group("wheel")
@pytest.mark.parametrize("python", interpreters.everything(), ids=interpreters.named)
def test_the_command_runs_on_every_python(
    wheel: Path, expected: list[object], here: Path, python: str
) -> None:
    installed = here.parent / ".venv"
    subprocess.run([*UV, "venv", "--python", python, installed], check=True)
    subprocess.run([*UV, "pip", "install", "--python", installed, wheel], check=True)
    program = installed / "bin/django-asgi-new"
    # The standard library of some is not compiled yet; once is enough.
    variables = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": "", "PYTHONWARNINGS": "error"}
    assert results(here, lambda *words: [program, *words], **variables) == expected
