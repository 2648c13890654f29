"""The command itself: its flags, what it writes and where, its steps."""

import json
import re
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import (
    change_questions,
    copied,
    environment,
    refused,
    run,
    run_anew,
    shrunk,
    tree,
    with_python,
)
from tests.questions import QUESTIONS, ROOT, TEMPLATE

VERSION = json.loads((ROOT / "cookiecutter.json").read_text())["_template_version"]
SOMEBODY = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
}  # fmt: skip


def test_version(here: Path) -> None:
    done = run(here, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"django-asgi-new {VERSION}\n", "")


def test_no_name_is_a_usage_error(here: Path) -> None:
    assert refused(here, 2) == (
        "Error: The project needs a name, and there is no terminal to ask for it: run "
        "`django-asgi-new mysite`.\n"
    )
    assert "run `django-asgi-new mysite --layer redis -y`." in refused(
        here, 2, "--layer", "redis", "-y"
    )


def test_an_unknown_flag_is_a_usage_error(here: Path) -> None:
    assert refused(here, 2, "mysite", "--laier", "redis") == (
        "Error: No such option: --laier. Did you mean --layer? `django-asgi-new --help` shows all "
        "options.\n"
    )


def test_every_question_but_the_derived_is_a_flag(here: Path) -> None:
    done = run(here, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for key, default in QUESTIONS.items():
        flag = f"--{key.replace('_', '-')}"
        derived = isinstance(default, str) and "{{" in default
        assert (f"  {flag} " in done.stdout) == (key != "project_name" and not derived)
        if isinstance(default, list):
            assert f"{flag} {'|'.join(default)}" in done.stdout


def test_a_new_question_is_a_new_flag(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    change_questions(root, docker=True, proxy=["caddy", "nginx"], motto="hello")
    file = root / TEMPLATE.name / "new.txt"
    keys = ("docker", "proxy", "motto")
    file.write_text(" ".join("{{ cookiecutter.%s }}" % key for key in keys))  # noqa: UP031
    shown = run(here, "--help", root=root).stdout
    assert "--docker / --no-docker" in shown
    assert "[default: --docker]" in shown
    assert "--proxy caddy|nginx" in shown
    for name, flags, answers in (
        ("one", [], "True caddy hello"),
        ("two", ["--no-docker", "--proxy=nginx", "--motto=bye"], "False nginx bye"),
    ):
        done = run(here, name, *flags, root=root)
        assert done.returncode == 0, done.stderr
        assert (here / name / "new.txt").read_text() == answers
    said = refused(here, 2, "three", "--proxy=nginks", root=root)
    assert 'The proxy can\'t be "nginks". Did you mean "nginx"? Choose caddy or nginx.' in said


def test_stdout_is_the_path_and_stderr_the_talk(here: Path) -> None:
    done = run(here, "my site", "--output-dir", "an other/folder")
    assert (done.returncode, done.stdout) == (0, f"{here}/an other/folder/my-site\n")
    first, blank, *rest = done.stderr.splitlines()
    assert first.startswith("Created my-site (")
    assert first.endswith(" s)")
    rest = [line for line in rest if not line.startswith("uv is not on your PATH")]
    assert [blank, *rest] == [
        "",
        "Next steps:",
        "",
        f"  cd {shlex.quote('an other/folder/my-site')}",
        "  uv sync",
        "  uv run manage.py migrate",
        "  uv run manage.py runserver",
        "",
        "Then open http://127.0.0.1:8000/",
    ]


def test_nothing_is_written_elsewhere(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    before = tree(root)
    assert run_anew(here, "mysite", root=root).returncode == 0
    assert tree(root) == before
    assert tree(here.parent / "home") == {}
    assert [path.name for path in here.iterdir()] == ["mysite"]


def test_compiled_modules_stay_in_the_template(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    cache = root / TEMPLATE.name / "{{cookiecutter.app}}" / "__pycache__"
    cache.mkdir()
    (cache / "views.cpython-311.pyc").write_bytes(b"\x00\x01")
    assert run_anew(here, "mysite", root=root).returncode == 0
    assert not [path for path in tree(here) if "__pycache__" in path]


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_any_locale(here: Path, locale: str) -> None:
    folder = here / "\u00fcber \u4e2d"
    env = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run(here, "mysite", "-o", folder, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}/mysite\n"


def test_imports_stay_light(here: Path) -> None:
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sorted({m.split('.')[0] for m in sys.modules})))\n"
        "from django_asgi_new.cli import main\n"
        "main()\n"
    )
    loaded = with_python(here, code, "--help").stdout.splitlines()[-1].split()
    heavy = {"asyncio", "prompt_toolkit", "pydantic", "questionary", "requests", "uv", "yaml"}
    assert "typer" in loaded
    assert (heavy | {"cookiecutter", "jinja2", "rich"}).isdisjoint(loaded)
    loaded = with_python(here, code, "mysite").stdout.splitlines()[-1].split()
    assert "cookiecutter" in loaded
    assert heavy.isdisjoint(loaded)


def test_an_older_django_when_python_is_too_old_for_the_newest(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    needs = "{{ '3.99' if cookiecutter.django == '6.1' else '3.11' }}"
    change_questions(root, __python=needs)
    done = run(here, "mysite", root=root)
    assert done.returncode == 0
    assert done.stderr.startswith(
        "Django 5.2 instead of 6.1, which needs Python 3.99 or newer: none was found.\n"
    )
    assert '"django>=5.2' in (here / "mysite" / "pyproject.toml").read_text()
    quiet = run(here, "quiet", "-q", root=root)
    assert quiet.stderr.startswith("Django 5.2 instead of 6.1")
    # Only rendering needs no Python.
    done = run(here, "other", "--django=6.1", root=root)
    assert (done.returncode, "instead" in done.stderr) == (0, False)
    for step in ("--install", "--run"):
        assert refused(here, 4, "third", "--django=6.1", step, root=root) == (
            "Error: Django 6.1 needs Python 3.99 or newer, and none was found: install one, or "
            "choose --django 5.2.\n"
        )


def test_port_and_open_need_run(here: Path) -> None:
    for flag, *value in (("--port", "8000"), ("--open",)):
        said = refused(here, 2, "mysite", flag, *value)
        assert said == f"Error: {flag} requires --run.\n"
    said = refused(here, 2, "mysite", "--run", "--port", "70000")
    assert said == "Error: --port can't be 70000. Choose from 1 to 65535.\n"


def test_a_taken_port_is_refused_before_anything_is_written(here: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = refused(here, 4, "mysite", "--run", f"--port={port}", "--django=5.2")
    assert re.fullmatch(
        rf"Error: Port {port} is taken. Choose another --port, such as \d+, or leave it out.\n",
        said,
    )


def resume(said: str) -> str:
    """Return the command that a failed step names."""
    *_, blank, line = said.splitlines()
    assert blank == ""
    assert line.startswith("  cd ")
    return line.strip()


def git(project: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def test_git(here: Path) -> None:
    done = run(here, "mysite", "--git", env=SOMEBODY)
    assert done.returncode == 0, done.stderr
    project = here / "mysite"
    assert git(project, "log", "--format=%an: %s", "main") == "Ada: Initial commit\n"
    assert git(project, "status", "--porcelain") == ""
    files = {path for path, content in tree(project).items() if content is not None}
    assert set(git(project, "ls-files").splitlines()) == files - {".env"}


def test_git_without_an_identity_keeps_the_files_staged(here: Path) -> None:
    config = here.parent / "gitconfig"
    config.write_text("[user]\nuseConfigOnly = true\n")
    done = run(here, "mysite", "--git", env={"GIT_CONFIG_GLOBAL": str(config)})
    assert done.returncode == 0
    assert "Created no commit, since git does not know who you are." in done.stderr
    assert "manage.py" in git(here / "mysite", "diff", "--cached", "--name-only").splitlines()


def test_git_inside_a_repository(here: Path) -> None:
    git(here, "init", "-q")
    done = run(here, "mysite", "--git", env=SOMEBODY)
    assert done.returncode == 0
    assert "Created no repository: the folder is in one already.\n" in done.stderr
    assert not (here / "mysite" / ".git").exists()


def test_git_ignores_the_repository_of_a_git_hook(here: Path) -> None:
    env = SOMEBODY | {"GIT_DIR": str(here.parent / "other"), "GIT_WORK_TREE": "/"}
    done = run(here, "mysite", "--git", env=env)
    assert done.returncode == 0, done.stderr
    assert git(here / "mysite", "status", "--porcelain") == ""


def test_a_failing_git_keeps_the_project(here: Path) -> None:
    config = here.parent / "gitconfig"
    config.write_text("[core]\nhooksPath = " + str(here.parent / "hooks") + "\n")
    hook = here.parent / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho no commits today\nexit 1\n")
    hook.chmod(0o755)
    done = run(here, "mysite", "--git", env=SOMEBODY | {"GIT_CONFIG_GLOBAL": str(config)})
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.endswith(
        "  no commits today\nError: The repository could not be created (exit code 1). The project "
        f"is kept in {here}/mysite. Fix the problem, then run:\n\n"
        f"  cd {here}/mysite && git init -b main && git add -A && git commit -m 'Initial commit'\n"
    )
    assert (here / "mysite" / "manage.py").is_file()
    hook.unlink()
    again = environment(here) | SOMEBODY | {"GIT_CONFIG_GLOBAL": str(config)}
    subprocess.run(["bash", "-c", resume(done.stderr)], env=again, check=True)
    assert git(here / "mysite", "log", "--format=%s") == "Initial commit\n"


def test_git_must_be_there(here: Path) -> None:
    done = run(here, "mysite", "--git", "--django=6.1", env={"PATH": str(here)})
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: --git requires git, which is not on your PATH")
    assert tree(here) == {}


def test_a_failing_installation_keeps_the_project(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / TEMPLATE.name / "pyproject.toml").write_text("not toml")
    done = run(here, "mysite", "--install", "--django=5.2", root=root)
    assert (done.returncode, done.stdout) == (5, "")
    assert "Error: The dependencies could not be installed (exit code" in done.stderr
    assert f"The project is kept in {here}/mysite. Fix the problem, then run:" in done.stderr
    assert (here / "mysite" / "manage.py").is_file()


def test_an_installation_without_a_compiler(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text(
        '[project]\nname = "compiled"\nversion = "1"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (package / "backend.py").write_text(
        "import subprocess\n"
        "def build_wheel(*_):\n"
        '    subprocess.run(["cc", "compiled.c"], env={"PATH": ""}, check=True)\n'
    )
    (root / TEMPLATE.name / "pyproject.toml").write_text(
        '[project]\nname = "mysite"\nversion = "1"\nrequires-python = ">=3.11"\n'
        f'dependencies = ["compiled @ {package.as_uri()}"]\n'
    )
    done = run(here, "mysite", "--install", "--django=5.2", root=root)
    assert (done.returncode, done.stdout) == (5, "")
    assert "No such file or directory: 'cc'" in done.stderr
    assert (
        "Error: The dependencies could not be installed (exit code 1). A package has no wheel for "
        "this machine: install a compiler, or choose another --server or Python. The project is "
        f"kept in {here}/mysite. Fix the problem, then run:\n\n"
    ) in done.stderr
    assert "uv sync" in resume(done.stderr)


def test_an_installation_without_a_network_goes_on_later(here: Path, tmp_path: Path) -> None:
    root = shrunk(tmp_path, "import asgiref", "asgiref")
    offline = {
        "UV_CACHE_DIR": str(here.parent / "cache"),
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "UV_HTTP_RETRIES": "0",
        # A proxy would answer.
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    done = run(here, "mysite", "--install", "--django=5.2", root=root, env=offline)
    assert (done.returncode, done.stdout) == (5, "")
    assert (
        "The package index can't be reached: look at the network and the proxy settings. The "
        f"project is kept in {here}/mysite."
    ) in done.stderr
    subprocess.run(["bash", "-c", resume(done.stderr)], env=environment(here), check=True)
    python = here / "mysite" / ".venv" / "bin" / "python"
    subprocess.run([python, "manage.py"], cwd=here / "mysite", check=True)
