"""Every way to run the generator makes the same project, which pip can install."""

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.proofs.subject import ALL, Subject, run
from tests.questions import ROOT, flags
from tests.rendering import render
from tests.repository import copy_repository
from tests.shared import filled, locked
from tests.sources import contents

READS = ALL

UV = (sys.executable, "-m", "uv")


def prove(subject: Subject) -> None:
    expected = contents(render(subject.answers, subject.scratch / "expected"))
    for source, command in commands(subject.caches).items():
        words = [*command, "mysite", "-q", "-o", source, *flags(subject.answers)]
        # Two of pipx would remove each other's environment.
        with locked(subject.caches / source):
            run(*words, cwd=subject.scratch)
        assert contents(subject.scratch / source / "mysite") == expected, source
    # Both keep a clone of the template in the home directory.
    home = {"HOME": str(subject.scratch), "UV_CACHE_DIR": cache_folder()}
    repository = filled(subject.caches / "repository", copy_repository).as_uri()
    words = [f"{key}={value}" for key, value in subject.answers.items()]
    cookiecutter = [sys.executable, "-m", "cookiecutter", "--no-input", "-o", "cookiecutter"]
    run(*cookiecutter, f"git+{repository}", *words, cwd=subject.scratch, env=home)
    assert contents(subject.scratch / "cookiecutter/mysite") == expected
    cruft = [*UV, "tool", "run", "--quiet", "cruft", "create", "--no-input"]
    context = ["--output-dir", "cruft", "--extra-context", json.dumps(subject.answers)]
    run(*cruft, *context, repository, cwd=subject.scratch, env=home)
    made = contents(subject.scratch / "cruft/mysite")
    made.pop(".cruft.json")
    assert made == expected
    installs_itself(subject)


def commands(folder: Path) -> dict[str, list[str]]:
    """Return, by where the command comes from, how to run it."""
    packages = filled(folder / "packages", build)
    (wheel,), (sdist,) = packages.glob("*.whl"), packages.glob("*.tar.gz")
    found = {}
    for kind, package in (("wheel", wheel), ("sdist", sdist)):
        environment = filled(folder / kind, partial(install, package=package))
        found[kind] = [str(environment / "bin/django-asgi-new")]
    from_wheel = ["--from", str(wheel), "django-asgi-new"]
    found["uvx"] = [*UV, "tool", "run", "--quiet", *from_wheel]
    # A cached environment would hold a former wheel of this name.
    pipx = [*UV, "tool", "run", "pipx", "run", "--no-cache"]
    found["pipx"] = [*pipx, "--spec", str(wheel), "django-asgi-new"]
    return found


def build(folder: Path) -> None:
    """Build the wheel and the sdist."""
    run(*UV, "build", "--quiet", "--out-dir", folder, ROOT, cwd=folder)


def install(folder: Path, package: Path) -> None:
    """Install a package, compiled as pip does it: no bytecode of the template may be rendered."""
    run(*UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder, cwd=folder)
    command = [*UV, "pip", "install", "--quiet", "--compile-bytecode", str(package)]
    run(*command, "--python", folder / "bin/python", cwd=folder)


def cache_folder() -> str:
    return subprocess.run(
        [*UV, "cache", "dir"], check=True, capture_output=True, text=True
    ).stdout.strip()


def installs_itself(subject: Subject) -> None:
    """`pip install FOLDER` makes a wheel with every app, without tests and documents."""
    ignored = shutil.ignore_patterns(".venv")
    clone = shutil.copytree(subject.folder, subject.scratch / "a clone", ignore=ignored)
    added = clone / "rooms"
    added.mkdir()
    for name in ("__init__.py", "models.py", "tests.py"):
        (added / name).touch()
    target = subject.scratch / "site"
    command = [*UV, "pip", "install", "--quiet", "--no-deps", "--python", subject.python]
    run(*command, "--target", target, clone, cwd=subject.scratch)
    assert (target / "index/static/index/index.js").is_file()
    assert (target / "index/templates/base.html").is_file()
    assert (target / "rooms/models.py").is_file()
    assert not [*target.glob("*/tests"), *target.glob("*/tests.py")]
    assert not (target / "docs").exists()
