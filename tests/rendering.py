"""Projects, rendered by cookiecutter and by the generator."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter
from django_asgi_new import render as generator

from tests.compiling import compiling_once
from tests.questions import CONTENT, ROOT, Answers


def render(answers: Answers, folder: Path, root: Path = ROOT) -> Path:
    """Render a project with cookiecutter; return its folder."""
    with compiling_once():
        return Path(
            cookiecutter(str(root), no_input=True, extra_context=answers, output_dir=str(folder))
        )


@dataclass(frozen=True)
class File:
    """A file of a project.

    Attributes:
        path: Its path in the project's folder, with slashes.
        content: Its bytes.
        mode: Its permissions.
    """

    path: str
    content: bytes
    mode: int


def read(answers: Answers) -> list[File]:
    """Return the files of a project, rendered by the generator."""
    with generated(answers) as project:
        return [
            File(path, (project / path).read_bytes(), (project / path).stat().st_mode)
            for path in generator.files(project)
        ]


@contextmanager
def generated(answers: Answers) -> Iterator[Path]:
    """Render a project with the generator, without cookiecutter's hooks; yield its folder."""
    with TemporaryDirectory() as folder, compiling_once():
        yield generator.render(ROOT, generator.complete(CONTENT, answers), Path(folder))


def write(answers: Answers, folder: Path, wanted: Callable[[str], bool] = bool) -> None:
    """Write files of a project into a folder.

    Args:
        answers: What the project is generated from.
        folder: The project's folder.
        wanted: Decides by its path whether a file is written.
    """
    with generated(answers) as project:
        for file in filter(wanted, generator.files(project)):
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / file, path)
