"""Runs the real command, and looks at what it left."""

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from uv import find_uv_bin

from tests.questions import ROOT, TEMPLATE


def environment(folder: Path, root: Path = ROOT, **more: str) -> dict[str, str]:
    """Return an environment with an empty home, where git knows nobody, with a new Python and uv.

    The Python only says that it is one, so that the tests tell the same on every machine.
    """
    home = folder.parent / "home"
    python = folder.parent / "bin" / "python3.14"
    for made in (home, python.parent):
        made.mkdir(exist_ok=True)
    python.write_text('#!/bin/sh\necho cpython final 3 14 False "$0"\n')
    python.chmod(0o755)
    # The command does not count the one in its own environment, which `uv run` adds to PATH.
    uv = python.with_name("uv")
    if not uv.exists():
        uv.symlink_to(find_uv_bin())
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "COOKIECUTTER"))}
    return kept | {
        "HOME": str(home),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root / "generator"),
        # Not beside the modules: some tests look at what the command has written.
        "PYTHONPYCACHEPREFIX": str(ROOT / ".pytest_cache/bytecode"),
        "COLUMNS": "80",
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }


def command(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", "django_asgi_new", *arguments]


def run(
    folder: Path,
    *arguments: str | Path,
    root: Path = ROOT,
    env: Mapping[str, str] | None = None,
    code: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run the command in a child of a process that has imported it for all of them.

    If a variable is for the interpreter itself, run it in an interpreter of its own.

    Args:
        folder: The folder to run it in.
        arguments: Its arguments.
        root: The repository whose template it renders.
        env: More environment variables.
        code: Code that runs the command, such as one that changes the machine before.
    """
    variables = environment(folder, root, **(env or {}))
    words = [str(word) for word in arguments]
    if any(name.startswith(("PYTHON", "LC_")) for name in env or {}):
        return run_anew(folder, *words, root=root, env=env)
    forks = _forks()
    assert forks.stdin
    assert forks.stdout
    request = [str(folder), words, variables, str(root), code]
    print(json.dumps(request), file=forks.stdin, flush=True)
    return subprocess.CompletedProcess(words, *json.loads(forks.stdout.readline()))


def run_anew(
    folder: Path,
    *arguments: str | Path,
    root: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, in a process of its own."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder, root, **(env or {})),
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


@cache
def _forks() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.forks"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def program(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def with_python(here: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code that runs the command."""
    return subprocess.run(
        program(code, *arguments),
        cwd=here,
        env=environment(here),
        check=False,
        capture_output=True,
        encoding="utf-8",
    )


def refused(folder: Path, code: int, *arguments: str | Path, root: Path = ROOT) -> str:
    """Run the command, which must fail and change nothing; return what it said."""
    before = tree(folder)
    done = run(folder, *arguments, root=root)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert tree(folder) == before
    return done.stderr


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return every file's bytes by its path, and None for a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if ".git" not in path.parts
    }


def without_secret(files: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """Blank the one line that differs between two projects of the same answers."""
    lines = (files[".env"] or b"").splitlines()
    kept = [line for line in lines if not line.startswith(b"SECRET_KEY=")]
    assert len(kept) == len(lines) - 1
    return files | {".env": b"\n".join(kept)}


def copied(folder: Path) -> Path:
    """Copy the repository's template and command, for a test to change."""
    root = folder / "a copy"
    shutil.copytree(ROOT / "generator", root / "generator")
    shutil.copytree(ROOT / "hooks", root / "hooks")
    shutil.copytree(TEMPLATE, root / TEMPLATE.name)
    shutil.copy(ROOT / "cookiecutter.json", root)
    return root


def shrunk(folder: Path, manage: str, *dependencies: str) -> Path:
    """Return a copy of the template whose project has few dependencies and another manage.py."""
    root = copied(folder)
    (root / TEMPLATE.name / "manage.py").write_text(manage)
    (root / TEMPLATE.name / "pyproject.toml").write_text(
        '[project]\nname = "mysite"\nversion = "1"\nrequires-python = ">=3.11"\n'
        f"dependencies = {json.dumps(dependencies)}\n"
        "[tool.uv]\npackage = false\n[tool.uv.workspace]\n"
    )
    return root


def change_questions(root: Path, **changes: object) -> None:
    path = root / "cookiecutter.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
