"""`--answers FILE`: answers from an earlier run."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import (
    change_questions,
    command,
    copied,
    environment,
    refused,
    run,
    tree,
    without_secret,
)
from tests.cli.terminals import terminal
from tests.questions import TEMPLATE

FLAGS = ["--app=live", "--layer=redis", "--server=daphne", "--language=de", "--django=5.2"]


@pytest.fixture(params=["pyproject.toml", "the output of --json", "JSON", "TOML"])
def answers(request: pytest.FixtureRequest, here: Path) -> Path:
    """A file in each of the forms, from a project that was made with FLAGS."""
    made = run(here, "my site", "-o", "former", "--json", *FLAGS)
    assert made.returncode == 0, made.stderr
    record = json.loads(made.stdout)
    path = here / "former" / "my-site" / "pyproject.toml"
    if request.param != "pyproject.toml":
        path = here / "answers"
        content = record if request.param == "the output of --json" else record["answers"]
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in record["answers"].items()]
        path.write_text("".join(lines) if request.param == "TOML" else json.dumps(content))
    return path


def test_the_same_again(here: Path, answers: Path) -> None:
    done = run(here, "--answers", answers)
    assert (done.returncode, done.stdout) == (0, f"{here}/my-site\n")
    assert without_secret(tree(here / "my-site")) == without_secret(
        tree(here / "former" / "my-site")
    )


def test_flags_are_stronger(here: Path, answers: Path) -> None:
    done = run(here, "other", "--answers", answers, "--layer=memory")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{here}/other\n"
    expected = run(here, "other", "-o", "expected", *FLAGS, "--layer=memory")
    assert expected.returncode == 0
    assert without_secret(tree(here / "other")) == without_secret(tree(here / "expected/other"))


def test_a_switch(here: Path, tmp_path: Path) -> None:
    root = copied(tmp_path)
    change_questions(root, docker=True)
    (root / TEMPLATE.name / "new.txt").write_text("{{ cookiecutter.docker }}")
    first = run(here, "first", "--no-docker", root=root)
    assert first.returncode == 0, first.stderr
    again = run(here, "again", "--answers", "first/pyproject.toml", root=root)
    assert again.returncode == 0, again.stderr
    assert (here / "again/new.txt").read_text() == "False"
    assert " --no-docker" in (here / "again/docs/production.md").read_text()
    (here / "no").write_text('{"docker": "no"}')
    said = refused(here, 2, "third", "--answers", "no", root=root)
    assert said == "Error: no must answer docker with true or false.\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("layer: redis\nserver: daphne", "file is YAML, which is not supported."),
        ("---\nlayer: redis", "file is YAML, which is not supported."),
        ("", "The project needs a name"),
        ("{", "is not valid JSON"),
        ("=", "is not valid TOML"),
        ("[]", "is not valid TOML"),
        ('{"answers": 1}', "contains no answers"),
        ("[tool.other]\n", "contains no answers"),
        ("tool = 1\n", "contains no answers"),
        ("[tool]\ndjango-asgi-new = 1\n", "contains no answers"),
        ("laier = 'redis'", 'Unknown option "laier" in file. Did you mean "layer"?'),
        ('{"nonsense": 1}', "Choose from project_name, app, layer,"),
        ("layer = 'redsi'", 'The layer can\'t be "redsi". Did you mean "redis"?'),
        ("layer = 1", "The layer must be text, in quotes."),
        ("app = ['a']", "The app name must be text, in quotes."),
        ("app = 2000-01-01", "The app name must be text, in quotes."),
        ("app = 0x1" + "0" * 5_000, "The app name must be text, in quotes."),
        ('{"app": NaN}', "The app name must be text, in quotes."),
        ("docker = 2000-01-01", "must answer docker with true or false."),
        ("project_name = 'class'", "a keyword of Python"),
        ("project_name = 'a'\nproject_slug = '../b'", "which follows from other answers"),
        ("project_name = 'a'\nproject_slug = 2000-01-01", "which follows from other answers"),
        ("\udcff", "is not UTF-8 text"),
        ("[" * 100_000 + "]" * 100_000, "is not valid"),
        ("a = " + "[" * 100_000 + "]" * 100_000, "is nested too deeply."),
        ('{"a":' * 30_000 + "1" + "}" * 30_000, "is nested too deeply."),
        ("a." * 100_000 + "a = 1", "is nested too deeply."),
        ("a = {" + "a." * 100_000 + "a = 1}", "is nested too deeply."),
        (f"[{'a.' * 100_000}a]", "is nested too deeply."),
        ("#" * 262_145, "is larger than 256 kB."),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_a_bad_file(here: Path, content: str, why: str) -> None:
    (here / "file").write_text(content, encoding="utf-8", errors="surrogateescape")
    name = [] if "needs a name" in why else ["mysite"]
    if "project_name" in content:
        name = []
    said = refused(here, 2, *name, "--answers", "file")
    assert why in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("path", "why"), [("none", "No such file"), (".", "Is a directory")])
def test_no_file(here: Path, path: str, why: str) -> None:
    said = refused(here, 2, "mysite", "--answers", path)
    assert said.startswith(f"Error: {path} contains no answers: {why}")


def test_a_device_is_not_read(here: Path) -> None:
    for path in ("/dev/zero", "/dev/tty", "/dev/stdin"):
        said = refused(here, 2, "mysite", "--answers", path)
        assert said == (
            f"Error: {path} is a device, a pipe or a socket. Give a JSON or TOML file with the "
            "answers of a project.\n"
        )


def test_a_pipe_is_not_waited_for(here: Path) -> None:
    fifo = here.parent / "fifo"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(here.parent / "socket"))
        for path in (fifo, here.parent / "socket"):
            assert "is a device, a pipe or a socket." in refused(
                here, 2, "mysite", "--answers", path
            )


def test_a_very_large_file_is_not_read(here: Path) -> None:
    path = here.parent / "large.json"
    with path.open("wb") as file:
        file.truncate(10**12)
    assert "is larger than 256 kB." in refused(here, 2, "mysite", "--answers", path)


def test_stdin(here: Path) -> None:
    env = environment(here)
    for text, code in (('{"name": "one", "layer": "redis"}', 0), ("", 2)):
        done = subprocess.run(
            command("--answers", "-"),
            cwd=here,
            env=env,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
    assert "The project needs a name" in done.stderr
    assert "channels-redis" in (here / "one/pyproject.toml").read_text()


def test_stdin_that_is_a_terminal(here: Path) -> None:
    with terminal(here, "mysite", "--answers", "-") as child:
        child.expect("There is nothing on stdin.")


@pytest.mark.parametrize(
    "content",
    [
        "\ufefflayer = 'redis'\nname = 'one'\n",
        '\ufeff{"layer": "redis", "project_name": "one"}',
        json.dumps(
            {
                "cookiecutter": {
                    "project_name": "one", "project_slug": "one", "layer": "redis", "docker": True,
                    "__package": "one", "_template": "gh:o/r", "_output_dir": "/x",
                    "_checkout": None, "_repo_dir": "/y", "_unsupported": [],
                }
            }
        ),
    ],
    ids=["TOML with a BOM", "JSON with a BOM", "replay"],
)  # fmt: skip
def test_files_of_other_programs(here: Path, content: str) -> None:
    (here / "file").write_text(content, encoding="utf-8")
    done = run(here, "--answers", "file")
    assert (done.returncode, done.stdout) == (0, f"{here}/one\n"), done.stderr
    assert "channels-redis" in (here / "one/pyproject.toml").read_text()


def test_one_file_only(here: Path) -> None:
    said = refused(here, 2, "mysite", "--answers", "a", "--answers", "b")
    assert said == "Error: --answers is given more than once. Give one file.\n"
    (here / "a.yml").touch()
    assert refused(here, 2, "mysite", "--answers", "a.yml") == (
        "Error: a.yml is YAML, which is not supported. Give a JSON or TOML file with the answers "
        "of a project.\n"
    )
