"""Nothing around a project redirects it: no variable, no file of a parent folder."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django_asgi_new.isolation import REDIRECTING, environment

from tests.cli import command
from tests.cli.command import program, run, shrunk, tree
from tests.cli.test_command import SOMEBODY, git

# `migrate` records where it runs and stops, so that no server starts.
MANAGE = """
import json, os, pathlib, sys
seen = [sys.prefix, sys.path[0], [name for name in ("DJANGO_SETTINGS_MODULE", "RUN_MAIN")
        if name in os.environ], "evil" in sys.modules]
pathlib.Path(".venv/seen.json").write_text(json.dumps(seen))
sys.exit("Migrated nothing.")
"""
EVIL_BACKEND = """
from pathlib import Path
Path(__file__).with_name("built").touch()
raise SystemExit("built")
"""

# What an attacker, an outer program or another project could set. OTHER is a folder with a project
# and a repository. A value that is no folder there has no effect beyond its being set.
ATTACKS = {
    "DJANGO_SETTINGS_MODULE": "evil",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "OTHER/.git/objects",
    "GIT_COMMON_DIR": "OTHER/.git",
    "GIT_CONFIG": "OTHER/gitconfig",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_PARAMETERS": "'core.hooksPath'='OTHER/hooks'",
    "GIT_DIR": "OTHER/.git",
    "GIT_GRAFT_FILE": "OTHER/grafts",
    "GIT_IMPLICIT_WORK_TREE": "0",
    "GIT_INDEX_FILE": "OTHER/.git/index",
    "GIT_INTERNAL_SUPER_PREFIX": "evil/",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OBJECT_DIRECTORY": "OTHER/.git/objects",
    "GIT_PREFIX": "evil/",
    "GIT_REPLACE_REF_BASE": "refs/evil/",
    "GIT_SHALLOW_FILE": "OTHER/shallow",
    "GIT_WORK_TREE": "OTHER",
    "PIP_PREFIX": "OTHER/pip",
    "PIP_PYTHON": "OTHER/python",
    "PIP_ROOT": "OTHER/pip",
    "PIP_TARGET": "OTHER/pip",
    "PIP_USER": "1",
    "PYTHONEXECUTABLE": "OTHER/python",
    "PYTHONHOME": "OTHER",
    "PYTHONINSPECT": "1",
    "PYTHONPATH": "OTHER",
    "PYTHONPLATLIBDIR": "evil",
    "PYTHONSAFEPATH": "1",
    "PYTHONSTARTUP": "OTHER/evil.py",
    "PYTHONUSERBASE": "OTHER",
    "PYTHON_PRESITE": "evil",
    "RUN_MAIN": "true",
    "UV_FROZEN": "1",
    "UV_LOCKED": "1",
    "UV_NO_PROJECT": "1",
    "UV_PROJECT": "OTHER",
    "UV_PROJECT_ENVIRONMENT": "OTHER/.venv",
    "UV_PYTHON": "2.7",
    "UV_WORKING_DIR": "OTHER",
    "UV_WORKING_DIRECTORY": "OTHER",
    "VIRTUAL_ENV": "OTHER/.venv",
    "__PYVENV_LAUNCHER__": "OTHER/python",
}
# Sets the variable inside the command, whose own Python some of them would stop.
ATTACK = """
import json, os, sys
os.environ.update(json.loads(sys.argv.pop(1)))
from django_asgi_new.cli import main
main()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A template whose project installs at once and without a network."""
    return shrunk(tmp_path, MANAGE)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    other = tmp_path / "other"
    (other / "hooks").mkdir(parents=True)
    (other / "pyproject.toml").write_text(
        '[project]\nname = "other"\nversion = "1"\nrequires-python = ">=3.11"\n'
    )
    evil = "import pathlib, sys; pathlib.Path(__file__).with_name('imported').touch()\n"
    for name in ("evil.py", "sitecustomize.py"):
        (other / name).write_text(evil)
    hook = other / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\ntouch {other}/committed\n")
    hook.chmod(0o755)
    git(other, "init", "-q")
    return other


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_git_names_no_other_variable() -> None:
    named = subprocess.check_output(["git", "rev-parse", "--local-env-vars"], text=True)
    assert set(named.split()) <= REDIRECTING
    assert ATTACKS.keys() == REDIRECTING


def test_no_variable_redirects(here: Path, root: Path, other: Path) -> None:
    """All at once: one that is passed on has its effect alone."""
    attack = {name: value.replace("OTHER", str(other)) for name, value in ATTACKS.items()}
    attack |= {"GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": f"{other}/hooks"}
    before = everything(other)
    done = subprocess.run(
        program(ATTACK, json.dumps(attack), "mysite", "--run", "--git", "--django=5.2"),
        cwd=here,
        env=command.environment(here, root, **SOMEBODY),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5, done.stderr
    assert "Migrated nothing." in done.stderr
    assert everything(other) == before
    project = here / "mysite"
    seen = json.loads((project / ".venv/seen.json").read_text())
    assert seen == [str(project / ".venv"), str(project), [], False]
    assert (project / "uv.lock").is_file()
    assert git(project, "status", "--porcelain") == ""
    assert "manage.py" in git(project, "ls-files").splitlines()
    assert git(project, "log", "--format=%an: %s") == "Ada: Initial commit\n"


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "GIT_SSL_CAINFO PIP_CACHE_DIR PIP_CERT PIP_INDEX_URL SSL_CERT_FILE UV_CACHE_DIR "
        "UV_CONFIG_FILE UV_DEFAULT_INDEX UV_INDEX UV_INDEX_PRIVATE_PASSWORD UV_NATIVE_TLS "
        "UV_OFFLINE https_proxy"
    )
    stay = dict.fromkeys(names.split(), "of the user")
    for name, value in stay.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", "evil")
    assert stay.items() <= environment().items()
    assert "PYTHONPATH" not in environment()


def test_a_parent_folder_redirects_nothing(here: Path) -> None:
    """The parent's workspace and uv.toml replace a dependency by code of their own."""
    evil = here / "evil"
    evil.mkdir()
    (evil / "pyproject.toml").write_text(
        '[project]\nname = "channels"\nversion = "99"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (evil / "backend.py").write_text(EVIL_BACKEND)
    override = f'override-dependencies = ["channels @ {evil.as_uri()}"]\n'
    (here / "pyproject.toml").write_text(
        '[project]\nname = "parent"\nversion = "1"\nrequires-python = ">=3.11"\n'
        f'[tool.uv]\n{override}[tool.uv.workspace]\nmembers = ["*"]\nexclude = ["evil"]\n'
    )
    (here / "uv.toml").write_text(override)
    (here / ".python-version").write_text("2.7\n")
    (here / ".env").write_text("SECRET_KEY=evil\nDEBUG=nonsense\n")
    (here / "setup.cfg").write_text("[install]\nprefix = evil\n")
    before = tree(here)
    done = run(here, "mysite", "--install", "--django=5.2")
    assert done.returncode == 0, done.stderr
    project = here / "mysite"
    assert 'name = "channels"' in (project / "uv.lock").read_text()
    # The settings read the project's own .env, or none.
    code = "import channels, mysite.settings"
    subprocess.run([project / ".venv/bin/python", "-c", code], cwd=project, check=True)
    shutil.rmtree(project)
    assert tree(here) == before
