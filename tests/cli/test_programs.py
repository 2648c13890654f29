"""The two programs, and words that are taken for their commands."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.cli.command import run, tree, with_python
from tests.cli.test_command import VERSION
from tests.questions import ROOT

ALL = "from django_asgi_new import cli; cli.group()"
HELP = """\
Usage: django-asgi [OPTIONS] COMMAND [ARGS]...

  Commands for Django projects that serve live pages over WebSockets.

Options:
  --version             Print the version.
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell, to copy it or
                        customize the installation.
  -h, --help            Show this message and exit.

Commands:
  new  Create a Django project that serves a live page over WebSockets.
"""
# What each program answers to words that are taken for a command of it.
NEW = {
    "help": '`django-asgi-new` has no command "help". Run `django-asgi-new --help`.',
    "version": '`django-asgi-new` has no command "version". Run `django-asgi-new --version`.',
    "new": '`django-asgi-new` has no command "new". Run `django-asgi-new mysite`.',
    "new blog --git": '`django-asgi-new` has no command "new". Run `django-asgi-new blog --git`.',
    "startproject blog": (
        '`django-asgi-new` has no command "startproject". Run `django-asgi-new blog`.'
    ),
    "startproject blog . --git": (
        '`django-asgi-new` has no command "startproject". Run `django-asgi-new . --git`.'
    ),
} | {
    words: (
        f'The project name "{name}" would make the package "{name}", which is a command '
        f'of django-asgi. Choose another name, such as "{name}-site".'
    )
    for words, name in {
        "update": "update",
        "doctor .": "doctor",
        "add app chat": "add",
        "--layer=redis startproject": "startproject",
    }.items()
}
GROUP = {
    "nwe": "No such command 'nwe'. Did you mean 'new'? `django-asgi --help` shows all commands.",
    "update": "No such command 'update'. `django-asgi --help` shows all commands.",
    "mysite": "No such command 'mysite'. `django-asgi --help` shows all commands.",
    "--jsn": "No such option: --jsn. `django-asgi --help` shows all commands.",
    "help": '`django-asgi` has no command "help". Run `django-asgi --help`.',
    "version": '`django-asgi` has no command "version". Run `django-asgi --version`.',
    "startproject blog": (
        '`django-asgi` has no command "startproject". Run `django-asgi new blog`.'
    ),
    "new help": '`django-asgi new` has no command "help". Run `django-asgi new --help`.',
    "new new blog": '`django-asgi new` has no command "new". Run `django-asgi new blog`.',
    "new": (
        "The project needs a name, and there is no terminal to ask for it: run `django-asgi new "
        "mysite`."
    ),
    "new blog -i": "--interactive requires a terminal: run `django-asgi new blog`.",
    "new blog --laier=redis": (
        "No such option: --laier. Did you mean --layer? `django-asgi new --help` shows all options."
    ),
    "new blog more": (
        "Got unexpected extra argument(s) (more). `django-asgi new --help` shows all options."
    ),
    "new update": NEW["update"],
}


def django_asgi(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(here, *arguments, code=ALL)


def test_the_package_has_both() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {
        "django-asgi": "django_asgi_new.cli:group",
        "django-asgi-new": "django_asgi_new.cli:main",
    }


@pytest.mark.parametrize("flags", [[], ["-h"], ["--help"]], ids=str)
def test_help_lists_the_commands(here: Path, flags: list[str]) -> None:
    done = django_asgi(here, *flags)
    assert (done.returncode, done.stdout, done.stderr) == (0, HELP, "")


def test_each_has_a_version(here: Path) -> None:
    done = django_asgi(here, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"django-asgi {VERSION}\n", "")
    new = django_asgi(here, "new", "--version")
    assert new.stdout == run(here, "--version").stdout == f"django-asgi-new {VERSION}\n"


def test_new_is_the_other_program(here: Path) -> None:
    done = django_asgi(here, "new", "one", "--layer=redis", "--json")
    other = run(here, "two", "--layer=redis", "--json")
    assert (done.returncode, other.returncode) == (0, 0)
    found = json.loads(done.stdout)
    assert found["command"].startswith("django-asgi-new one ")
    files = json.loads(other.stdout)["files"]
    assert sorted(name.replace("one/", "two/") for name in found["files"]) == files
    usage, _, manual = django_asgi(here, "new", "-h").stdout.partition("\n")
    assert usage == "Usage: django-asgi new [OPTIONS] [NAME]"
    expected = run(here, "-h").stdout
    assert expected == run(here, "--help").stdout
    usage, _, same = expected.partition("\n")
    assert usage == "Usage: django-asgi-new [OPTIONS] [NAME]"
    # Only `django-asgi-new` completes its options by a script of its own.
    assert manual.split("\n\nThis command:")[0] == same.split("\n\nThis command:")[0]


@pytest.mark.parametrize(("words", "sentence"), NEW.items(), ids=str)
def test_a_command_is_no_name(here: Path, words: str, sentence: str) -> None:
    done = run(here, *words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"Error: {sentence}\n")
    done = run(here, *words.split(), "--json")
    assert (done.returncode, json.loads(done.stdout)["exit_code"]) == (2, 2)
    assert tree(here) == {}


@pytest.mark.parametrize(("words", "sentence"), GROUP.items(), ids=str)
def test_an_error_of_django_asgi(here: Path, words: str, sentence: str) -> None:
    done = django_asgi(here, *words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"Error: {sentence}\n")
    assert tree(here) == {}


def test_help_stays_light(here: Path) -> None:
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sorted({m.split('.')[0] for m in sys.modules})))\n"
        "from django_asgi_new import cli\n"
        "cli.group()\n"
    )
    for words in ([], ["new", "--help"]):
        loaded = with_python(here, code, *words).stdout.splitlines()[-1].split()
        assert "typer" in loaded
        assert {"cookiecutter", "jinja2", "rich", "uv", "questionary"}.isdisjoint(loaded)


@pytest.mark.parametrize(
    ("typed", "choices"), [("n", ["new"]), ("new mysite --server h", ["hypercorn"])]
)
def test_a_shell_completes(here: Path, typed: str, choices: list[str]) -> None:
    line = f"django-asgi {typed}"
    shell = {
        "_DJANGO_ASGI_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }
    done = run(here, env=shell, code=ALL)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, choices, "")
