"""Every way to run the generator makes the same project, which pip can install."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import render
from tests.matrix.cells import INSTALLED, Cell
from tests.matrix.test_matrix import proof, run
from tests.projects.servers import python
from tests.questions import ROOT, flags
from tests.repository import copy_repository
from tests.sources import contents

UV = (sys.executable, "-m", "uv")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run([*UV, "build", "--quiet", "--out-dir", folder, ROOT], check=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


@pytest.fixture(scope="session")
def commands(
    packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """Return, by where the command comes from, how to run it."""
    found = {}
    for kind, package in packages.items():
        environment = tmp_path_factory.mktemp(kind) / "environment"
        subprocess.run(
            [*UV, "venv", "--quiet", "--python", sys.executable, environment], check=True
        )
        # Compiled, as pip does it: the bytecode of the template must not reach a project.
        install = [*UV, "pip", "install", "--quiet", "--compile-bytecode", str(package)]
        subprocess.run([*install, "--python", str(environment / "bin/python")], check=True)
        found[kind] = [str(environment / "bin/django-asgi-new")]
    wheel = str(packages["wheel"])
    found["uvx"] = [*UV, "tool", "run", "--quiet", "--from", wheel, "django-asgi-new"]
    found["pipx"] = [*UV, "tool", "run", "pipx", "run", "--spec", wheel, "django-asgi-new"]
    return found


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Commit the files as they are to a repository of its own; return its address."""
    folder = tmp_path_factory.mktemp("repository")
    copy_repository(folder)
    return folder.as_uri()


@proof(INSTALLED)
def test_installed(
    cell: Cell,
    project: Path,
    commands: dict[str, list[str]],
    repository: str,
    tmp_path: Path,
) -> None:
    expected = contents(render(cell.answers, tmp_path / "expected"))
    for source, command in commands.items():
        run(*command, "mysite", "-o", source, *flags(cell.answers), cwd=tmp_path)
        assert contents(tmp_path / source / "mysite") == expected, source
    # Both keep a clone of the template in the home directory.
    home = {"HOME": str(tmp_path), "UV_CACHE_DIR": cache_folder()}
    words = [f"{key}={value}" for key, value in cell.answers.items()]
    cookiecutter = [sys.executable, "-m", "cookiecutter", "--no-input", "-o", "cookiecutter"]
    run(*cookiecutter, f"git+{repository}", *words, cwd=tmp_path, env=home)
    assert contents(tmp_path / "cookiecutter/mysite") == expected
    cruft = [*UV, "tool", "run", "--quiet", "cruft", "create", "--no-input"]
    context = ["--output-dir", "cruft", "--extra-context", json.dumps(cell.answers)]
    run(*cruft, *context, repository, cwd=tmp_path, env=home)
    made = contents(tmp_path / "cruft/mysite")
    made.pop(".cruft.json")
    assert made == expected
    installs_itself(project, tmp_path)


def cache_folder() -> str:
    return subprocess.run(
        [*UV, "cache", "dir"], check=True, capture_output=True, text=True
    ).stdout.strip()


def installs_itself(project: Path, folder: Path) -> None:
    """`pip install FOLDER` makes a wheel that holds the pages and their static files."""
    clone = shutil.copytree(project, folder / "a clone", ignore=shutil.ignore_patterns(".venv"))
    target = folder / "site"
    install = [*UV, "pip", "install", "--quiet", "--no-deps", "--python", python(project)]
    run(*install, "--target", target, clone, cwd=folder)
    assert (target / "index/static/index/index.js").is_file()
    assert (target / "mysite/templates/base.html").is_file()
    assert not (target / "tests").exists()
