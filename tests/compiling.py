"""Jinja templates that are compiled once in a process.

cookiecutter compiles each one in every project, and spends most of its time on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from unittest.mock import patch

from jinja2 import Environment

_compile = Environment.compile
_codes: dict[tuple[object, ...], CodeType] = {}


def compile_once(
    environment: Environment, source: str, name: str | None = None, filename: str | None = None
) -> CodeType:
    """Compile a template, as the method of Jinja's environments does, or return its code."""
    # All environments of cookiecutter have the same options.
    key = (type(environment), source, name, filename)
    if key not in _codes:
        _codes[key] = _compile(environment, source, name, filename)
    return _codes[key]


@contextmanager
def compiling_once() -> Iterator[None]:
    """Compile each template once."""
    with patch.object(Environment, "compile", compile_once):
        yield
