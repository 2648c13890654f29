"""Parts that a test of the whole command can't reach without a network."""

import ast
import os
import socket
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from django_asgi_new import pythons, services

from tests.cli.command import with_python


def script(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Python, on which a Python 3.99 may be put."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'first'}:{tmp_path / 'second'}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(pythons, "KNOWN", ((3, 99), (3, 98)))
    pythons.find.cache_clear()
    return tmp_path


def test_the_running_python_comes_first(machine: Path) -> None:
    script(machine / "first", "python3.99", 'echo "cpython final 3 99 False /there"')
    found = pythons.find("3.11")
    assert found is not None
    assert found.version < (3, 98)


def test_a_shim_that_fails_is_skipped(machine: Path) -> None:
    script(machine / "first", "python3.99", "exit 127")
    assert pythons.find("3.98") is None
    pythons.find.cache_clear()
    script(machine / "second", "python3.99", 'echo "cpython final 3 99 False /a path/there"')
    assert pythons.find("3.98") == pythons.Python("/a path/there", (3, 99))


@pytest.mark.parametrize(
    "answer",
    ["pypy final 3 99 False /x", "cpython beta 3 99 False /x", "cpython final 3 99 True /x"],
)
def test_a_python_that_no_wheels_are_made_for_is_skipped(machine: Path, answer: str) -> None:
    script(machine / "first", "python3.99", f'echo "{answer}"')
    assert pythons.find("3.98") is None


def test_the_newest_release_of_pyenv(machine: Path) -> None:
    for release in ("3.98.2", "3.98.10", "3.98.9"):
        folder = machine / "pyenv" / "versions" / release / "bin"
        script(folder, "python", f'echo "cpython final 3 98 False /{release}"')
    assert pythons.find("3.98") == pythons.Python("/3.98.10", (3, 98))


def test_the_environment_is_stronger_than_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("# REDIS_URL=a\nREDIS_URL='redis://b?c=d'\n")
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert services.setting(tmp_path, "REDIS_URL") == "redis://b?c=d"
    monkeypatch.setenv("REDIS_URL", "redis://e")
    assert services.setting(tmp_path, "REDIS_URL") == "redis://e"


def test_no_module_imports_back() -> None:
    """Each module imports from others, at the top or in a function, in one direction only."""
    folder = Path(pythons.__file__).parent
    names = {path.stem for path in folder.glob("*.py")}
    graph: dict[str, set[str]] = {}
    for path in folder.glob("*.py"):
        source = ast.parse(path.read_text())
        for node in ast.walk(source):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = [ast.Pass()]
        imports = [node for node in ast.walk(source) if isinstance(node, ast.ImportFrom)]
        graph[path.stem] = {
            name
            for node in imports
            for name in [(node.module or "").rpartition(".")[2], *(a.name for a in node.names)]
            if (node.module or "").startswith("django_asgi_new") and name in names
        }
    graph["__init__"] = set()
    # Raises CycleError, which names the modules.
    TopologicalSorter(graph).prepare()


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert services.answers(f"redis://127.0.0.1:{port}")
    assert not services.answers(f"redis://127.0.0.1:{port}")


def test_a_signal_right_before_the_wait_for_a_program(here: Path) -> None:
    """The program writes that it runs; then another thread takes the signal."""
    late = """
import os, pathlib, signal, sys, threading, time
from django_asgi_new import processes, signals

def deliver():
    while not pathlib.Path("running").exists():
        time.sleep(0.01)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

signals.install()
threading.Thread(target=deliver, daemon=True).start()
try:
    processes.run(["sh", "-c", "echo $$ >running; exec sleep 600"], pathlib.Path())
except signals.Stopped as stop:
    sys.exit(stop.exit_code)
"""
    assert with_python(here, late).returncode == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int((here / "running").read_text()), 0)
