"""Projects, rendered by cookiecutter and by the generator."""

from collections.abc import Callable
from pathlib import Path

from cookiecutter.main import cookiecutter
from django_asgi_new import render as generator

from tests.questions import CONTENT, ROOT, Answers


def render(answers: Answers, folder: Path, root: Path = ROOT) -> Path:
    """Render a project with cookiecutter; return its folder."""
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
