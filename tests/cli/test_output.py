"""What the command says, where, and to whom: people, pipes, programs and shells."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.cli.command import command, environment, run, tree
from tests.questions import QUESTIONS, flags

ESCAPE = "\x1b"


def record(text: str) -> dict[str, Any]:
    """Read the one object that `--json` prints."""
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    content: dict[str, Any] = json.loads(text)
    return content


def files(folder: Path) -> list[str]:
    return sorted(path for path, content in tree(folder).items() if content is not None)


def test_a_dry_run_writes_nothing_and_shows_what_would_be(here: Path) -> None:
    dry = run(here, "my site", "-o", "new", "--dry-run", "--layer=redis", "--git")
    assert dry.returncode == 0
    assert tree(here) == {}
    for said in (
        "project name  my site", "layer         redis", "server        uvicorn",
        f"folder        {here}/new/my-site", "then          create a repository",
    ):  # fmt: skip
        assert f"  {said}\n" in dry.stderr
    assert run(here, "my site", "-o", "new", "--layer=redis").returncode == 0
    # The tree, as a list of its paths.
    shown: list[str] = []
    folders: list[str] = []
    for line in dry.stdout.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [line.strip()]
        shown.append("".join(folders))
    root, *paths = shown
    assert root == "my-site/"
    made = tree(here / "new" / "my-site")
    assert sorted(paths) == sorted(
        f"{root}{path}{'' if content is not None else '/'}" for path, content in made.items()
    )


def test_a_dry_run_finds_what_is_in_the_way(here: Path) -> None:
    (here / "mysite").write_text("mine")
    done = run(here, "mysite", "--dry-run")
    assert (done.returncode, done.stdout) == (3, "")


def test_json(here: Path) -> None:
    done = run(here, "my site", "--json", "--layer=redis")
    assert done.returncode == 0
    assert re.fullmatch(r"Created my-site \(\d+\.\d s\)\n", done.stderr)
    found = record(done.stdout)
    assert 0 < found.pop("seconds") < 60
    answers = {
        key: value[0] if isinstance(value, list) else value for key, value in QUESTIONS.items()
    } | {"project_name": "my site", "layer": "redis"}
    del answers["project_slug"]
    assert found == {
        "ok": True,
        "destination": f"{here}/my-site",
        "address": None,
        "answers": answers,
        "command": 'django-asgi-new "my site" '
        + " ".join(flags({key: answers[key] for key in answers if key != "project_name"})),
        "files": files(here / "my-site"),
        "kept": [],
        "merged": [],
        "notes": [],
        "next_steps": [
            "cd my-site", "uv sync", "uv run manage.py migrate", "uv run manage.py runserver",
        ],
    }  # fmt: skip


def test_json_of_a_dry_run_lists_the_same_files(here: Path) -> None:
    dry = record(run(here, "mysite", "--json", "--dry-run").stdout)
    assert tree(here) == {}
    assert dry["dry_run"] is True
    assert dry["files"] == record(run(here, "mysite", "--json").stdout)["files"]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["mysite", "--layer=redsi"], 2, "The layer can't be"),
        (["mysite", "--nonsense"], 2, "No such option: --nonsense"),
        (["mysite", "--port=x"], 2, "Invalid value for '--port'"),
        ([], 2, "The project needs a name"),
        (["taken"], 3, "already exists and is a file"),
        (["mysite", "-o", "taken"], 3, "is not a folder"),
        (["mysite", "-o", "/proc/nowhere"], 4, "Choose another --output-dir"),
    ],
)
def test_json_of_a_failure(here: Path, arguments: list[str], code: int, why: str) -> None:
    (here / "taken").write_text("mine")
    done = run(here, *arguments, "--json")
    assert done.returncode == code
    found = record(done.stdout)
    [sentence] = found.pop("errors")
    assert why in sentence
    assert done.stderr == f"Error: {sentence}\n"
    assert found == {"ok": False, "exit_code": code, "destination": None, "resume": None}


def test_json_of_a_failed_step(here: Path) -> None:
    done = run(here, "mysite", "--json", "--install", "--django=5.2", env={"UV_OFFLINE": "x"})
    found = record(done.stdout)
    assert (done.returncode, found["ok"], found["exit_code"]) == (5, False, 5)
    assert found["destination"] == f"{here}/mysite"
    assert found["resume"].startswith(f"cd {here}/mysite && ")
    assert found["errors"][0].endswith(f" Fix the problem, then run `{found['resume']}`.")


def test_quiet(here: Path) -> None:
    done = run(here, "mysite", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{here}/mysite\n", "")
    done = run(here, "mysite", "-q")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Error: ")


def test_verbose_names_the_programs_that_are_run(here: Path) -> None:
    done = run(here, "mysite", "-v", "--git")
    assert done.returncode == 0
    assert re.search(r"^\$ \S*git init -q -b main$", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("flags", [["-i", "-y"], ["-q", "-v"], ["-i", "--json"]], ids=" ".join)
def test_flags_that_contradict_each_other(here: Path, flags: list[str]) -> None:
    done = run(here, "mysite", *flags)
    assert done.returncode == 2
    assert "contradict each other: choose one." in done.stderr


@pytest.mark.parametrize(
    ("flags", "variables", "colored"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (["--color"], {"NO_COLOR": "1"}, True),
        (["--no-color"], {"FORCE_COLOR": "1"}, False),
        (["--no-color", "--color"], {}, True),
    ],
)
def test_colors_in_a_pipe(
    here: Path, flags: list[str], variables: dict[str, str], *, colored: bool
) -> None:
    done = run(here, "mysite", *flags, env=variables)
    assert ESCAPE not in done.stdout
    assert (ESCAPE in done.stderr) == colored
    # An error, and one that is found before the arguments are understood.
    for more in ([], ["--nonsense"]):
        done = run(here, "mysite", *flags, *more, env=variables)
        assert ("\x1b[1;31mError:\x1b[0m" in done.stderr) == colored


@pytest.mark.parametrize(
    ("variables", "colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colors_on_a_terminal(here: Path, variables: dict[str, str], *, colored: bool) -> None:
    env = environment(here) | {"TERM": "xterm"}
    env.pop("NO_COLOR", None)
    program, *arguments = map(str, command("mysite"))
    child: pexpect.spawn[str] = pexpect.spawn(
        program, arguments, cwd=str(here), env=env | variables, encoding="utf-8"
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert (ESCAPE in (child.before or "")) == colored


def test_a_reader_that_has_had_enough(here: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command("mysite", "--dry-run"),
        cwd=here,
        env=environment(here),
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    os.close(writing)
    assert done.returncode == 0
    assert "Error" not in done.stderr


def test_a_result_that_can_not_be_written(here: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("mysite"),
            cwd=here,
            env=environment(here),
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    assert done.returncode == 4
    assert done.stderr.endswith(
        "Error: The result can't be written to stdout: No space left on device.\n"
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(here: Path, closed: str) -> None:
    words = " ".join(map(str, command("mysite")))
    done = subprocess.run(
        ["sh", "-c", f"{words} {closed}"],
        cwd=here,
        env=environment(here),
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0
    assert done.stdout == ("" if ">&-" in closed.split() else f"{here}/mysite\n")
    assert (here / "mysite" / "manage.py").is_file()


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("--layer ", ["memory", "redis"]),
        ("--server h", ["hypercorn"]),
        ("--lang", ["--language"]),
        ("--language zh", ["zh-hans", "zh-hant"]),
        ("--time-zone Europe/Berl", ["Europe/Berlin"]),
    ],
)
def test_a_shell_completes(here: Path, typed: str, choices: list[str]) -> None:
    words = f"django-asgi-new mysite {typed}"
    shell = {
        "_DJANGO_ASGI_NEW_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    done = run(here, env=shell)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, choices, "")


@pytest.mark.parametrize(
    ("shell", "file"),
    [("bash", ".bash_completions/django-asgi-new.sh"), ("zsh", ".zfunc/_django-asgi-new")],
)
def test_completion_for_the_shell_that_is_named(here: Path, shell: str, file: str) -> None:
    shown = run(here, "--show-completion", shell)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"_DJANGO_ASGI_NEW_COMPLETE=complete_{shell}" in shown.stdout
    done = run(here, f"--install-completion={shell}")
    installed = here.parent / "home" / file
    assert (done.returncode, done.stdout) == (0, f"{installed}\n")
    assert installed.read_text().strip() == shown.stdout.strip()


def test_completion_for_an_unknown_shell(here: Path) -> None:
    for option in ("--show-completion", "--install-completion"):
        done = run(here, option, "tcsh")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f'Error: {option} does not support the shell "tcsh". Choose from bash, fish, '
            "powershell, pwsh, zsh.\n"
        )
    assert tree(here.parent / "home") == {}


def test_help_is_a_manual(here: Path) -> None:
    said = run(here, "--help").stdout
    assert ESCAPE not in said
    headings = re.findall(r"^(\S.*):$", said, re.MULTILINE)
    assert headings == [
        "The project", "Answers", "Steps", "Output", "This command", "Examples",
    ]  # fmt: skip
    # Every example can be typed.
    for line in re.findall(r"^  (django-asgi-new .*?)(?:   .*)?$", said, re.MULTILINE):
        (here / "mysite").mkdir(exist_ok=True)
        (here / "mysite/pyproject.toml").write_text("[tool.django-asgi-new]\n")
        arguments = [*line.split()[1:], "--dry-run", "-o", "elsewhere"]
        done = run(here, *arguments)
        if "-i" in arguments:
            assert "The project needs a name" in done.stderr
        else:
            assert done.returncode == 0, done.stderr
    for code in (0, 1, 2, 3, 4, 5, 129, 130, 143):
        assert re.search(rf"\b{code} \w+", said)


# Sets a title, clears the screen, adds a line, and turns the rest of the line around.
HOSTILE = "\x1b]0;t\x07\x1b[2J\x9b2J\nError: all good\r\u202e"
SHOWN = r"\u001b]0;t\u0007\u001b[2J\u009b2J\u000aError: all good\u000d\u202e"


def test_a_terminal_obeys_no_name_from_the_disk(here: Path) -> None:
    (here / "mysite").mkdir()
    (here / "mysite" / HOSTILE).touch()
    done = run(here, "mysite")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"contains {SHOWN}. Choose another name" in done.stderr
    assert done.stderr.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        ["mysite", "-o", HOSTILE, "--git"],
        ["mysite", "-o", HOSTILE, "--dry-run"],
        ["mysite", "-o", HOSTILE, "--install", "--verbose", "--django=5.2"],
        ["mysite", "--answers", HOSTILE],
        ["mysite", f"--{HOSTILE}"],
        ["mysite", "--layer", HOSTILE],
        ["mysite", "--port", HOSTILE],
    ],
    ids=lambda arguments: arguments[-1][:9],
)
def test_a_terminal_obeys_no_argument(here: Path, arguments: list[str]) -> None:
    # Nothing answers there, so an installation fails.
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(here.parent / "cache")}
    done = run(here, *arguments, env=offline)
    assert done.stderr
    assert all(line.isprintable() for line in done.stderr.split("\n"))
    assert "Error: all good" not in done.stderr.splitlines()
    if done.returncode == 0 and "--dry-run" not in arguments:
        # Programs get the path as it is.
        assert done.stdout == f"{here}/{HOSTILE}/mysite\n"


def test_a_path_on_a_terminal(here: Path) -> None:
    words = [str(word) for word in command("mysite", "-q", "-o", HOSTILE)]
    env: Any = environment(here)
    child = pexpect.spawn(words[0], words[1:], cwd=str(here), env=env, encoding="utf-8")
    said = child.read()
    child.close()
    assert child.exitstatus == 0
    assert said == f"{here}/{SHOWN}/mysite\r\n"
