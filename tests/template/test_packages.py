"""The wheel and the sdist hold all it takes, and make what the repository makes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.questions import ROOT

UV: list[str | Path] = [sys.executable, "-m", "uv"]


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., None]:
    """Install the package in an empty environment, and return a function that runs the command."""
    folder = tmp_path_factory.mktemp(request.param)
    subprocess.run(
        [*UV, "build", "--quiet", f"--{request.param}", "--out-dir", folder, ROOT], check=True
    )
    (package,) = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    environment = folder / "environment"
    python: Path = environment / "bin/python"
    subprocess.run([*UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    # Compiled, as pip does it: the bytecode of the template's modules must not reach a project.
    install = [*UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, package]
    subprocess.run(install, check=True)

    def run(*arguments: str | Path) -> None:
        subprocess.run([environment / "bin/django-asgi-new", *arguments], check=True, cwd=folder)

    return run


def contents(folder: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".env"
    }


def test_package_makes_the_same_bytes(
    installed: Callable[..., None], cookies: Cookies, tmp_path: Path
) -> None:
    result = cookies.bake(extra_context={"layer": "redis", "app": "chat", "django": "5.2"})
    assert result.exception is None
    installed("mysite", "-o", tmp_path, "--layer=redis", "--app=chat", "--django=5.2")
    assert contents(tmp_path / "mysite") == contents(Path(result.project_path))
    assert (tmp_path / "mysite/.env").is_file()
