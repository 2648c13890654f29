"""The whole project or no trace, and no foreign file touched."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import command, copied, environment, refused, run, tree, until
from tests.questions import ROOT, TEMPLATE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_an_empty_folder_is_welcome(here: Path) -> None:
    (here / "mysite").mkdir()
    assert run(here, "mysite").returncode == 0
    assert (here / "mysite" / "manage.py").is_file()


def test_a_folder_with_files_is_in_the_way(here: Path) -> None:
    (here / "mysite").mkdir()
    for name in "abcdefg":
        (here / "mysite" / name).touch()
    assert refused(here, 3, "mysite") == (
        f"Error: {here}/mysite is there already and holds a, b, c, d, e and 2 more: choose another "
        "name or --output-dir, or move it away.\n"
    )


def test_a_file_is_in_the_way(here: Path) -> None:
    (here / "mysite").write_text("mine")
    assert f"{here}/mysite is there already, a file" in refused(here, 3, "mysite")


@pytest.mark.parametrize("target", [".", "nowhere"])
def test_a_symbolic_link_is_in_the_way(here: Path, target: str) -> None:
    (here / "mysite").symlink_to(target)
    assert "is there already, a symbolic link" in refused(here, 3, "mysite")


def test_an_output_directory_that_is_a_file(here: Path) -> None:
    (here / "file").touch()
    said = refused(here, 3, "mysite", "-o", "file/below")
    assert said == f"Error: {here}/file is not a folder: choose another --output-dir.\n"


def test_an_output_directory_with_template_code(here: Path) -> None:
    assert "holds template code" in refused(here, 2, "mysite", "-o", "{{ 1 }}")


def test_an_output_directory_where_nobody_can_write(here: Path) -> None:
    said = refused(here, 4, "mysite", "-o", "/proc/nowhere")
    assert said.startswith("Error: /proc/nowhere can't be written to: ")


def test_a_full_disk(here: Path) -> None:
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "from django_asgi_new.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "mysite", "-o", "new/folders"],
        cwd=here,
        env=environment(here),
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        f"Error: {here}/new/folders can't be written to: File too large. Choose another "
        "--output-dir, or mend that.\n"
    )
    assert tree(here) == {}


def test_a_mistake_in_the_template(here: Path, root: Path) -> None:
    (root / TEMPLATE.name / "zz.txt").write_text("{% if %}")
    said = refused(here, 1, "mysite", "-o", "new/folders", root=root)
    assert said.startswith("Traceback")
    assert said.endswith(
        "Error: this is a bug in django-asgi-new. Please report it, with the lines above.\n"
    )


def test_folders_that_were_there_stay_after_a_failure(here: Path, root: Path) -> None:
    (root / TEMPLATE.name / "zz.txt").write_text("{{ undefined }}")
    (here / "mysite").mkdir()
    refused(here, 1, "mysite", root=root)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_while_rendering(here: Path, root: Path, name: str, code: int) -> None:
    # The last file takes longer than anybody waits.
    (root / TEMPLATE.name / "zz.txt").write_text("{% for i in range(10 ** 10) %}{% endfor %}")
    # Tests that run in the background inherit signals that are ignored.
    program = (
        "import signal\n"
        f"signal.signal(signal.{name}, signal.SIG_DFL)\n"
        "from django_asgi_new.cli import main\n"
        "main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "mysite", "-o", "new/folders"],
        cwd=here,
        env=environment(here, root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        until(lambda: any(here.rglob("manage.py")))
        process.send_signal(signal.Signals[name])
        out, said = process.communicate()
    assert (process.returncode, out, said) == (code, "", "Stopped.\n")
    assert tree(here) == {}


def test_an_ignored_signal_stays_ignored(here: Path) -> None:
    code = (
        "import signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from django_asgi_new.cli import main, signals\n"
        "signals.install()\n"
        "signal.raise_signal(signal.SIGHUP)\n"
        "main()\n"
    )
    process = [sys.executable, "-c", code, "mysite"]
    subprocess.run(process, cwd=here, env=environment(here), check=True)
    assert (here / "mysite" / "manage.py").is_file()


def test_two_runs_for_the_same_name(here: Path) -> None:
    options = {"cwd": here, "env": environment(here), "stderr": subprocess.PIPE}
    runs = [subprocess.Popen(command("mysite"), **options) for _ in range(2)]  # type: ignore[call-overload]
    for process in runs:
        process.communicate()
    assert sorted(process.returncode for process in runs) == [0, 3]
    assert [path.name for path in here.iterdir()] == ["mysite"]
    assert tree(here / "mysite").keys() == whole_project(here)


def whole_project(here: Path) -> set[str]:
    assert run(here, "mysite", "-o", "again", root=ROOT).returncode == 0
    return set(tree(here / "again" / "mysite"))
