"""Projects, rendered by cookiecutter and by the generator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from unittest.mock import patch

from cookiecutter.main import cookiecutter
from django_asgi_new import render as generator
from jinja2 import Environment

from tests.questions import CONTENT, ROOT, Answers

_compile = Environment.compile
_codes: dict[tuple[object, ...], CodeType] = {}


def _compile_once(
    environment: Environment, source: str, name: str | None = None, filename: str | None = None
) -> CodeType:
    # All environments of cookiecutter have the same options.
    key = (type(environment), source, name, filename)
    if key not in _codes:
        _codes[key] = _compile(environment, source, name, filename)
    return _codes[key]


@contextmanager
def compiling_once() -> Iterator[None]:
    """Compile each template once: cookiecutter spends most of its time on it, in every project."""
    with patch.object(Environment, "compile", _compile_once):
        yield


def render(answers: Answers, folder: Path, root: Path = ROOT) -> Path:
    """Render a project with cookiecutter; return its folder."""
    with compiling_once():
        return Path(
            cookiecutter(str(root), no_input=True, extra_context=answers, output_dir=str(folder))
        )


def write(answers: Answers, folder: Path, wanted: Callable[[str], bool] = bool) -> None:
    """Render a project into a folder with the generator, which is faster than cookiecutter.

    Args:
        answers: What the project is generated from.
        folder: The project's folder.
        wanted: Decides by its path whether a file is written.
    """
    for entry in generator.render(generator.complete(CONTENT, answers)):
        path = folder / entry.path
        if entry.content is None:
            path.mkdir(parents=True, exist_ok=True)
        elif wanted(entry.path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.content)
            path.chmod(entry.mode)
