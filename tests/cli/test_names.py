"""Hostile and borderline names: refused by the command and by cookiecutter's hook in one voice."""

from pathlib import Path

import pytest
from cookiecutter.exceptions import CookiecutterException
from jinja2 import TemplateError

from tests.cli.command import refused, run, tree
from tests.cli.refusals import check_name, hook_refuses
from tests.names import (
    BAD_ANSWERS,
    BAD_NAMES,
    GOOD_APPS,
    GOOD_NAMES,
    MORE_BAD_NAMES,
    ONE_A_REASON,
    TEMPLATE_CODE,
)
from tests.questions import QUESTIONS
from tests.rendering import render

# For each reason to refuse a name, one: tests/deep has many more.
NAMES = [*ONE_A_REASON, "a\udcffb"]
TEXTS = [
    (key, value) for key, value, _ in BAD_ANSWERS if isinstance(value, str) and key in QUESTIONS
]


def flags(answers: dict[str, str]) -> list[str]:
    return [f"--{key.replace('_', '-')}={value}" for key, value in answers.items()]


def test_there_are_many() -> None:
    names = [*BAD_NAMES, "a\udcffb", *MORE_BAD_NAMES]
    assert len(names) == len(set(names))
    assert len(names) + len(TEXTS) + len(TEMPLATE_CODE) > 250
    assert len(GOOD_NAMES) + len(GOOD_APPS) > 60


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name(here: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    check_name(here, capfd, name)


@pytest.mark.parametrize(("key", "value"), TEXTS, ids=ascii)
def test_a_hostile_answer(
    here: Path, capfd: pytest.CaptureFixture[str], key: str, value: str
) -> None:
    by_hook = hook_refuses(here, {key: value}, capfd)
    if key in ("project_name", "project_slug"):
        return
    assert refused(here, 2, "mysite", *flags({key: value})) in by_hook


@pytest.mark.parametrize("code", TEMPLATE_CODE)
@pytest.mark.parametrize("key", ["app", "language", "time_zone"])
def test_template_code_in_an_answer(here: Path, key: str, code: str) -> None:
    said = refused(here, 2, "mysite", f"--{key.replace('_', '-')}", code)
    assert said.startswith("Error: The ")


@pytest.mark.parametrize("code", TEMPLATE_CODE)
def test_template_code_as_a_name(here: Path, code: str) -> None:
    assert 'contains "{"' in refused(here, 2, "--", code)
    # Cookiecutter runs it, and its hook sees what came out of it.
    folder = here / "cookiecutter"
    folder.mkdir()
    try:
        made = render({"project_name": code}, folder)
    except (CookiecutterException, TemplateError):
        assert tree(folder) == {}
    else:
        assert made.name == "a" * 9


@pytest.mark.parametrize("name", ["-x", "--help", "--version", "-o"])
def test_a_flag_after_two_dashes_is_a_name(here: Path, name: str) -> None:
    assert f'The project name "{name}" starts with "-"' in refused(here, 2, "--", name)


def test_a_good_name_with_a_flag_in_it(here: Path) -> None:
    assert run(here, "--layer=redis", "--", "a-o").returncode == 0
    assert [path.name for path in here.iterdir()] == ["a-o"]
