"""Renders the template in memory, to the bytes that cookiecutter would write.

To import cookiecutter takes longer than all that the command does: it brings rich, arrow, slugify
and a detector of binary files. What this template needs of it is small, and lies here: questions
whose defaults are templates, rendered names and contents, files that are copied as they are, and
the function `random_ascii_string`. A template that needs more fails here, and the tests compare
every byte of every combination with cookiecutter's own.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import secrets
import stat
import string
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template

from django_asgi_new import template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Entry:
    """A file or a folder of a project.

    Attributes:
        path: Where it lies in the project's folder, with slashes.
        content: Its bytes; None for a folder.
        mode: A file's permissions: those of its template, except for the file with the secrets.
    """

    path: str
    content: bytes | None = None
    mode: int = 0


def complete(questions: Mapping[str, Any], given: Mapping[str, str | bool]) -> dict[str, Any]:
    """Answer every question: as given, otherwise by its default, which earlier answers may shape.

    Args:
        questions: The content of cookiecutter.json.
        given: Answers by the names of their questions.

    Returns:
        The answers in the order of the questions, private variables among them.
    """
    environment = _environment(questions)
    answers: dict[str, Any] = {}
    for key, default in questions.items():
        if key == "__prompts__":
            continue
        answer = given.get(key, default)
        if key.startswith("_") and not key.startswith("__"):
            # For the engine, or for the template to read: `_jinja2_env_vars`, `_template_version`.
            answers[key] = default
        elif key in given or isinstance(answer, bool):
            answers[key] = answer
        else:
            text = answer[0] if isinstance(answer, list) else answer
            answers[key] = _compiled(environment, text).render(cookiecutter=answers)
    return answers


def render(answers: Mapping[str, Any]) -> list[Entry]:
    """Render the whole template, so that a mistake in it shows before the first write.

    Args:
        answers: A whole set of answers, as `complete` returns it.

    Returns:
        Every folder and file of the project, a folder before what it holds.
    """
    return list(_entries(answers))


def _entries(answers: Mapping[str, Any]) -> Iterator[Entry]:
    environment = _environment(answers)
    copied = answers.get("_copy_without_render", ())

    def rendered(text: str) -> str:
        if "{" not in text:
            return text
        return _compiled(environment, text).render(cookiecutter=answers)

    hook = template.hook("post_gen_project")
    root = _template_root()
    known: set[str] = set()
    for folder, folders, files in os.walk(root):
        # What pip compiles where a wheel is installed is no part of the template.
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        inside = Path(folder).relative_to(root)
        for name in folders:
            known.add(path := rendered((inside / name).as_posix()))
            yield Entry(path)
        for name in sorted(files):
            source = inside / name
            path = rendered(source.as_posix())
            if not path or path.endswith("/"):
                # A condition in its name leaves nothing of it.
                continue
            content = (root / source).read_bytes()
            if not any(fnmatch.fnmatch(str(source), pattern) for pattern in copied):
                content = rendered(content.decode()).encode()
            # A file whose name is a whole path brings its folders.
            for parent in reversed(PurePosixPath(path).parents[:-1]):
                if str(parent) not in known:
                    known.add(str(parent))
                    yield Entry(str(parent))
            mode = stat.S_IMODE((root / source).stat().st_mode)
            yield Entry(path, content, hook.SECRETS_MODE if path == hook.SECRETS else mode)


def _environment(values: Mapping[str, Any]) -> Environment:
    return _environment_with(tuple(values.get("_jinja2_env_vars", {}).items()))


# Rendering spends most of its time compiling; these serve a caller that renders several projects.
@functools.cache
def _environment_with(options: tuple[tuple[str, Any], ...]) -> Environment:
    # The output is source code and text, not HTML alone: nothing is to be escaped.
    environment = Environment(  # noqa: S701
        undefined=StrictUndefined, keep_trailing_newline=True, **dict(options)
    )
    environment.globals["random_ascii_string"] = _random_letters
    return environment


@functools.cache
def _compiled(environment: Environment, text: str) -> Template:
    return environment.from_string(text)


def _random_letters(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters) for _ in range(length))


def _template_root() -> Path:
    """Find the one folder with a templated name, as cookiecutter does."""
    (root,) = (path for path in template.ROOT.iterdir() if "{{cookiecutter" in path.name)
    return root
