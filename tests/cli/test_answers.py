"""One validator: what it refuses and accepts, by hook and command line alike."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cookiecutter.generate import generate_files
from django_asgi_new import questions, render, template

from tests import interpreters
from tests.cli.command import environment, refused, run, tree
from tests.names import BAD_ANSWERS, BAD_NAMES, GOOD_NAMES
from tests.questions import QUESTIONS, ROOT


def problems(**answers: object) -> list[str]:
    defaults: dict[str, object] = {"project_name": "mysite", "app": "index"}
    found: list[str] = template.hook("pre_gen_project").problems(defaults | answers)
    return found


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_good_name(name: str) -> None:
    assert problems(project_name=name) == []


@pytest.mark.parametrize(("name", "why"), BAD_NAMES.items(), ids=ascii)
def test_a_bad_name(name: str, why: str) -> None:
    [sentence] = problems(project_name=name)
    assert why in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize(("key", "value", "why"), BAD_ANSWERS, ids=ascii)
def test_a_bad_answer(key: str, value: object, why: str) -> None:
    [sentence] = problems(**{key: value})
    assert why in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("app", "match"), ("app", "my_app2"), ("language", "zh-hans"), ("language", "en-us"),
        ("time_zone", "UTC"), ("time_zone", "America/Argentina/Ushuaia"), ("docker", True),
        ("_private", {"any": "thing"}),
    ],
)  # fmt: skip
def test_a_good_answer(key: str, value: object) -> None:
    assert problems(**{key: value}) == []


@pytest.mark.parametrize("python", interpreters.everything(), ids=interpreters.named)
def test_every_module_of_every_python_is_taken(python: str) -> None:
    code = "import keyword, sys; print(*sys.stdlib_module_names, *keyword.kwlist)"
    words = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    names = {name.lower() for name in words.stdout.split() if not name.startswith("_")}
    # With their capitals they are keywords, without them names.
    names -= {"false", "none", "true"}
    assert [n for n in sorted(names) if not problems(project_name=n)] == []


def test_a_suggested_name_is_good() -> None:
    assert problems(project_name="json-site") == problems(app="json_app") == []


def test_languages_are_those_that_both_djangos_speak() -> None:
    languages = template.hook("pre_gen_project").LANGUAGES
    assert len(languages) == len(set(languages)) == 100
    assert "ht" not in languages


@pytest.mark.parametrize("name", ["class", "a\nb", 'a"b', "a\\b", "x" * 300, "\u0441lass", "$(id)"])
def test_the_command_refuses_a_name(here: Path, name: str) -> None:
    [sentence] = problems(project_name=name)
    assert refused(here, 2, "--", name) == f"Error: {sentence}\n"


def test_a_name_with_a_leading_dash(here: Path) -> None:
    assert refused(here, 2, "--", "-x").startswith('Error: The project name "-x" starts with "-"')


def test_every_wrong_answer_is_named_at_once(here: Path) -> None:
    said = refused(here, 2, "mysite", "--layer=redsi", "--app=Blog", "--server", "apache")
    assert said == (
        'Error: The app name "Blog" contains "B": use only the lower-case letters a-z, digits and '
        "underscores.\n"
        'Error: The layer can\'t be "redsi". Did you mean "redis"? Choose memory or redis.\n'
        'Error: The server can\'t be "apache". Choose uvicorn, daphne, hypercorn or granian.\n'
    )  # fmt: skip


@pytest.mark.parametrize("key", [k for k, v in QUESTIONS.items() if isinstance(v, list)])
def test_a_bad_choice_names_the_whole_list(here: Path, key: str) -> None:
    said = refused(here, 2, "mysite", f"--{key.replace('_', '-')}", "nonsense")
    assert all(choice in said for choice in QUESTIONS[key])


def cookiecutter(here: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    given = [f"{key}={value}" for key, value in answers.items()]
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", *given],
        cwd=here,
        env=environment(here),
        check=False,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    "answers",
    [
        {"project_name": "class"},
        {"project_name": "it's \"\"\" '''"},
        {"project_name": "a\\"},
        {"project_name": "\u0441lass", "app": "Blog"},
        {"project_name": "mysite", "language": "'''+1", "time_zone": 'C:\\"'},
    ],
    ids=ascii,
)
def test_hook_and_command_say_the_same(here: Path, answers: dict[str, str]) -> None:
    done = cookiecutter(here, **answers)
    assert done.returncode != 0
    assert tree(here) == {}
    flags = [f"--{k.replace('_', '-')}={v}" for k, v in answers.items() if k != "project_name"]
    said = refused(here, 2, *flags, "--", answers["project_name"])
    assert said in done.stderr


def test_hooks_are_python_before_and_after_jinja() -> None:
    for hook in (ROOT / "hooks").glob("*.py"):
        source = hook.read_text(encoding="utf-8")
        compile(source, hook, "exec")
        assert source.count("{{") == source.count("cookiecutter | tojson") == 1
        assert not any(mark in source for mark in ("{%", "{#"))


def test_the_hook_and_the_command_name_the_same_next_steps(here: Path) -> None:
    done = cookiecutter(here, project_name="one", layer="redis", database="postgres")
    assert done.returncode == 0, done.stderr
    again = run(here, "two", "--layer=redis", "--database=postgres")
    assert done.stdout.replace("cd one", "cd two") in again.stderr


def test_answers_are_recorded_as_given(here: Path) -> None:
    done = run(here, "My Site", "--language=zh-hans", "--time-zone=Asia/Tokyo", "--app=live")
    assert done.returncode == 0, done.stderr
    settings = (here / "My-Site" / "my_site" / "settings.py").read_text()
    assert 'LANGUAGE_CODE = "zh-hans"' in settings
    assert 'TIME_ZONE = "Asia/Tokyo"' in settings
    assert (here / "My-Site" / "live" / "consumers.py").is_file()
    assert json.loads((ROOT / "cookiecutter.json").read_text())["app"] == "index"


def test_cruft_compares_no_secret(here: Path) -> None:
    """The hook leaves `.env` out of the copies that `cruft diff` and `cruft update` compare."""
    values = render.complete(questions.read(), {}) | {"_commit": "1"}
    with TemporaryDirectory() as folder:
        generate_files(str(ROOT), {"cookiecutter": values}, folder)
        assert not Path(folder, "mysite/.env").exists()
        assert Path(folder, "mysite/.env.example").is_file()
    generate_files(str(ROOT), {"cookiecutter": values}, str(here))
    assert (here / "mysite/.env").is_file()
