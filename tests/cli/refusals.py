"""What the command and cookiecutter's hook must answer to a hostile name."""

from pathlib import Path

import pytest
from cookiecutter import hooks
from cookiecutter.exceptions import CookiecutterException, FailedHookException
from django_asgi_new import destination

from tests.cli.command import refused, tree
from tests.questions import ROOT
from tests.rendering import render


def hook_refuses(here: Path, answers: dict[str, str], capfd: pytest.CaptureFixture[str]) -> str:
    """Let cookiecutter render, which must fail and leave nothing; return what the hook said."""
    folder = here / "cookiecutter"
    folder.mkdir()
    if any("/" in answer for answer in answers.values()):
        # Cookiecutter makes the folder before it runs a hook, be it at the root of the disk.
        context = {"cookiecutter": {"project_name": "mysite", "project_slug": "mysite", **answers}}
        with pytest.raises(FailedHookException):
            hooks.run_script_with_context(
                ROOT / "hooks" / "pre_gen_project.py", str(folder), context
            )
    else:
        with pytest.raises((CookiecutterException, OSError, UnicodeError)):
            render({**answers}, folder)
    assert tree(folder) == {}
    folder.rmdir()
    return capfd.readouterr().err


def check_refusal(here: Path, name: str) -> str:
    """Refuse a name in one line; return it."""
    said = refused(here, 2, "--", name)
    assert said.startswith("Error: The project name ")
    assert said.count("\n") == 1
    assert said.rstrip("\n").isprintable()
    return said


def check_name(here: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    """Refuse a name in one line, in the same words by both ways.

    For the command, a name with a slash is the path of a folder.
    """
    by_hook = hook_refuses(here, {"project_name": name}, capfd)
    if destination.is_path(name):
        return
    said = check_refusal(here, name)
    # What it can't write to a file, or not make a folder of, cookiecutter refuses by itself. A
    # carriage return does not survive the way through a file.
    if by_hook:
        assert said in by_hook or "\r" in name
