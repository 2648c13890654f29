"""What a test depends on: the test modules that it imports, and the digest of texts."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.questions import ROOT


def of(*parts: str) -> str:
    """Return the digest of some texts."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part.encode()).digest())
    return whole.hexdigest()[:16]


def of_paths(paths: Iterable[Path]) -> str:
    """Return the digest of files, and of all files in folders: their names and contents."""
    files = {file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))}
    kept = sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)
    return of(*(f"{file.relative_to(ROOT)} {file.read_bytes()!r}" for file in kept))


def imported(file: Path) -> set[Path]:
    """Return a test module and all test modules that it imports, in their turn too."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imports(file)
    return found


@cache
def _imports(file: Path) -> list[Path]:
    return list(_find_imports(ast.parse(file.read_text())))


def _find_imports(tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tests":
            path = ROOT / str(node.module).replace(".", "/")
            # A name may be a module too: `from tests.matrix import report`.
            names = [path / f"{name.name}.py" for name in node.names]
            for candidate in (path.with_suffix(".py"), path / "__init__.py", *names):
                if candidate.is_file():
                    yield candidate
