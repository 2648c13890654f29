"""Rendering with cookiecutter's own engine.

cookiecutter is imported late, since that takes as long as importing Jinja itself.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django_asgi_new import template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment


# cookiecutter renders the path of the output folder too, and Jinja would change these in it.
_CHANGED = frozenset("{\r")


def complete(questions: Mapping[str, Any], given: Mapping[str, str | bool]) -> dict[str, Any]:
    """Answer every question: as given, otherwise by its default, which may use earlier answers.

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
            # Settings of the engine or constants of the template.
            answers[key] = default
        elif key in given or isinstance(answer, bool):
            answers[key] = answer
        else:
            text = answer[0] if isinstance(answer, list) else answer
            answers[key] = environment.from_string(text).render(cookiecutter=answers)
    return answers


def render(root: Path, answers: Mapping[str, Any], folder: Path) -> Path:
    """Render a template as cookiecutter does, but without its hooks.

    Args:
        root: The folder that contains the template and its cookiecutter.json.
        answers: The answers to all questions, as `complete` returns them.
        folder: Where the project's folder is created. It must be absolute.

    Returns:
        The project's folder.

    Raises:
        OSError: A file can't be written.
    """
    if _CHANGED.isdisjoint(str(folder)):
        return _render(root, answers, folder)
    with tempfile.TemporaryDirectory() as elsewhere:
        project = _render(root, answers, Path(elsewhere))
        return Path(shutil.copytree(project, folder / project.name))


def files(project: Path) -> list[str]:
    """Return the paths of a project's files, with slashes."""
    found = (path for path in project.rglob("*") if path.is_file())
    return sorted(path.relative_to(project).as_posix() for path in found)


def _render(root: Path, answers: Mapping[str, Any], folder: Path) -> Path:
    from cookiecutter.generate import generate_files

    project: Path = folder / answers["project_slug"]
    environment = _environment(answers)
    (contents,) = (path for path in root.iterdir() if "{{cookiecutter" in path.name)
    # cookiecutter creates no folders for a file whose name is a whole path.
    for path in contents.iterdir():
        name = environment.from_string(path.name).render(cookiecutter=answers)
        (project / name).parent.mkdir(parents=True, exist_ok=True)
    context = {"cookiecutter": dict(answers)}
    generate_files(root, context, folder, accept_hooks=False, overwrite_if_exists=True)
    # pip compiles the files of an installed wheel, and so those of the template.
    for compiled in [*project.rglob("__pycache__")]:
        shutil.rmtree(compiled)
    hook = template.hook("post_gen_project")
    (project / hook.SECRETS).chmod(hook.SECRETS_MODE)
    return project


def _environment(values: Mapping[str, Any]) -> Environment:
    from cookiecutter.utils import create_env_with_context

    environment: Environment = create_env_with_context({"cookiecutter": dict(values)})
    return environment
