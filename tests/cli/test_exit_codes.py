"""Each exit code in the README's table."""

import re
from pathlib import Path

import pytest

from tests.cli.command import run, shrunk
from tests.questions import ROOT

# Something that happens while the project is written.
DURING = """
import os, signal
from django_asgi_new import cli, write

def event(*_):
    {}

write.render.render = event
cli.main()
"""
SIGNAL = "os.kill(os.getpid(), signal.{})"
DOCUMENTED = dict(
    re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
)


@pytest.mark.parametrize(
    ("code", "arguments", "event"),
    [
        (0, ["mysite"], ""),
        (1, ["mysite"], "1 / 0"),
        (2, ["mysite", "--layer=x"], ""),
        (3, ["taken"], ""),
        (4, ["mysite", "-o", "/proc/nowhere"], ""),
        (5, ["mysite", "--install", "--django=5.2"], ""),
        (129, ["mysite"], SIGNAL.format("SIGHUP")),
        (130, ["mysite"], SIGNAL.format("SIGINT")),
        (143, ["mysite"], SIGNAL.format("SIGTERM")),
    ],
)  # fmt: skip
def test_an_exit_code(
    here: Path, tmp_path: Path, code: int, arguments: list[str], event: str
) -> None:
    (here / "taken").touch()
    root = shrunk(tmp_path, "", "no requirement")
    done = run(here, *arguments, root=root, code=DURING.format(event) if event else "")
    assert done.returncode == code, done.stderr
    assert (here / "mysite").exists() == (code in (0, 5))


def test_every_documented_exit_code_is_tested() -> None:
    [cases] = [mark.args[1] for mark in test_an_exit_code.pytestmark]  # type: ignore[attr-defined]
    assert [int(code) for code in DOCUMENTED] == [code for code, *_ in cases]
