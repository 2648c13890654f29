"""The files for containers of a project, taken apart for tests."""

import json
import re
import shutil
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import yaml
from django_asgi_new import pythons

IMAGE = re.compile(r"python:(\d+\.\d+)-slim")


@dataclass
class Stage:
    """A stage of a Dockerfile."""

    name: str
    image: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, keyword: str) -> list[str]:
        return [arguments for found, arguments in self.steps if found == keyword]


def stages(project: Path) -> list[Stage]:
    text = (project / "Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: list[Stage] = []
    for line in filter(None, lines):
        keyword, arguments = line.split(maxsplit=1)
        if keyword == "FROM":
            image, name = arguments.split(" AS ")
            found.append(Stage(name, image))
        else:
            found[-1].steps.append((keyword, " ".join(arguments.split())))
    return found


def python_version(project: Path) -> pythons.Version:
    """Return the version of the image's Python."""
    (version,) = {match[1] for stage in stages(project) if (match := IMAGE.fullmatch(stage.image))}
    return pythons.parse(version)


def command(project: Path) -> list[str]:
    (text,) = stages(project)[-1].all("CMD")
    words: list[str] = json.loads(text)
    return words


def context(project: Path, folder: Path) -> Path:
    """Copy what .dockerignore leaves for a build."""
    patterns = [
        line
        for line in (project / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    def left_out(inside: str, names: list[str]) -> list[str]:
        here = Path(inside).relative_to(project)
        return [
            name
            for name in names
            for pattern in patterns
            if fnmatch(name, pattern.removeprefix("**/"))
            and (pattern.startswith("**/") or here == Path())
        ]

    shutil.copytree(project, folder, ignore=left_out)
    return folder


def environment(project: Path, service: str) -> dict[str, str]:
    """Return the environment of a service, the variables taken from .env."""
    given = dict(
        line.split("=", 1)
        for line in (project / ".env").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        found: str | None = given.get(name)
        assert found or operator == ":-", rest
        return found or str(rest)

    variables = yaml.safe_load((project / "compose.yaml").read_text())["services"][service]
    return {
        name: re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text)
        for name, text in variables["environment"].items()
    }
