"""An owner's ordinary code in a generated project, and common packages beside it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import python_for
from tests.projects.servers import python, servers
from tests.questions import Answers, flags, usual
from tests.shared import common, locked

# Apps as their owners write them: without types, without docstrings. `polls` is Django's tutorial.
APPS = Path(__file__).parent / "owner"
# A project on each layer, with different servers.
SUBJECTS = {"memory": servers("memory")[0], "redis": servers("redis")[-1]}

PACKAGES = """\
    "django-allauth>=65",
    "django-debug-toolbar>=6",
    "django-silk>=5.3",
    "djangorestframework>=3.16",
    "whitenoise>=6.9",
"""
SETTINGS = """
INSTALLED_APPS += ["allauth", "allauth.account", "debug_toolbar", "rest_framework", "silk"]
MIDDLEWARE += [
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "silk.middleware.SilkyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
AUTHENTICATION_BACKENDS += ["allauth.account.auth_backends.AuthenticationBackend"]
"""
URLS = """    path("debug/", include("debug_toolbar.urls")),
    path("silk/", include("silk.urls")),
    path("allauth/", include("allauth.urls")),
"""


def edit(file: Path, *changes: tuple[str, str]) -> None:
    """Add text after each of these lines."""
    text = file.read_text()
    for line, addition in changes:
        assert text.count(line) == 1, (file, line)
        text = text.replace(line, line + addition)
    file.write_text(text)


def make(folder: Path, answers: Answers) -> Path:
    """Make a project with the apps of its owner: five lines in three files of the project."""
    command = [sys.executable, "-m", "django_asgi_new", "mysite", "-o", str(folder)]
    subprocess.run([*command, *flags(answers)], check=True)
    project = folder / "mysite"
    ignored = shutil.ignore_patterns("polls")
    shutil.copytree(APPS, project, dirs_exist_ok=True, ignore=ignored)
    package = project / "mysite"
    edit(package / "settings.py", ('    "accounts",\n', '    "rooms",\n'))
    edit(package / "urls.py", ("urlpatterns = [\n", '    path("rooms/", include("rooms.urls")),\n'))
    edit(
        package / "routing.py",
        ("import index.routing\n", "import rooms.routing\n"),
        ("websocket_urlpatterns = [\n", "    *rooms.routing.websocket_urlpatterns,\n"),
    )
    return project


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the project's environment."""
    return subprocess.run(
        [python(project), "-m", *command],
        cwd=project,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def succeed(project: Path, *command: str) -> str:
    """Run a program of the project's environment and return its output."""
    done = run(project, *command)
    assert done.returncode == 0, done.stdout
    return done.stdout


def install(project: Path) -> None:
    # One that Daphne supports, which channels.testing imports.
    daphne = python_for(*(answers for answers in usual() if answers["server"] == "daphne"))
    assert daphne
    command = [sys.executable, "-m", "uv", "sync", "--quiet", "--python", daphne.path]
    subprocess.run(command, cwd=project, check=True)


@pytest.mark.parametrize("layer", SUBJECTS)
def test_ordinary_code_is_welcome(
    layer: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = make(tmp_path, SUBJECTS[layer])
    install(project)
    succeed(project, "manage", "startapp", "polls")
    succeed(project, "ruff", "format", "polls")
    # The models and the views of the tutorial; the other files stay as Django writes them.
    shutil.copytree(APPS / "polls", project / "polls", dirs_exist_ok=True)
    edit(project / "mysite/settings.py", ('    "rooms",\n', '    "polls",\n'))
    succeed(project, "manage", "makemigrations", "rooms")
    for words in (["check"], ["format", "--check"]):
        succeed(project, "ruff", *words)
    # Both projects have the same packages, which are checked once.
    cache = common(tmp_path_factory) / "mypy"
    mypy = ("mypy", "--cache-dir", str(cache))
    with locked(cache):
        succeed(project, *mypy)
    ran = succeed(project, "pytest", "-q", "rooms", "chat")
    assert re.search(r"^13 passed", ran, re.MULTILINE), ran
    # In the project's own apps, types are required.
    (project / "ops/untyped.py").write_text("def double(number):\n    return 2 * number\n")
    with locked(cache):
        assert "Function is missing a type annotation" in run(project, *mypy).stdout


# On one layer, which none of these packages uses.
def test_tests_pass_beside_common_packages(tmp_path: Path) -> None:
    project = make(tmp_path, SUBJECTS["redis"])
    edit(project / "mysite/urls.py", ("urlpatterns = [\n", URLS))
    edit(project / "pyproject.toml", ("\ndev = [\n", PACKAGES))
    with (project / "mysite/settings.py").open("a") as settings:
        settings.write(SETTINGS)
    install(project)
    succeed(project, "manage", "makemigrations", "rooms")
    succeed(project, "pytest", "-q")
