"""The whole project or no trace, and no foreign file touched."""

import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cli.command import command, copied, environment, refused, run, tree, with_python
from tests.questions import ROOT, TEMPLATE

BUG = (
    "Error: This is a bug in django-asgi-new. Please report it, with the lines above, at "
    "https://github.com/OWNER/REPO/issues.\n"
)


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
        f"Error: {here}/mysite already exists and contains a, b, c, d, e and 2 more. Choose "
        "another name or --output-dir, or move it away.\n"
    )


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_a_folder_of_another_user_is_in_the_way(here: Path, flags: list[str]) -> None:
    (here / "mysite").mkdir(mode=0o777)
    # Only root could give the folder to another user.
    code = "import os; os.geteuid = lambda: 4_000; from django_asgi_new.cli import main; main()"
    done = run(here, "mysite", *flags, code=code)
    assert (done.returncode, done.stdout, done.stderr) == (
        3,
        "",
        f"Error: {here}/mysite belongs to another user. Choose another name or --output-dir.\n",
    )
    assert tree(here) == {"mysite": None}


def test_a_file_is_in_the_way(here: Path) -> None:
    (here / "mysite").write_text("mine")
    assert f"{here}/mysite already exists and is a file" in refused(here, 3, "mysite")


@pytest.mark.parametrize("target", [".", "nowhere"])
def test_a_symbolic_link_is_in_the_way(here: Path, target: str) -> None:
    (here / "mysite").symlink_to(target)
    assert "already exists and is a symbolic link" in refused(here, 3, "mysite")


def test_an_output_directory_that_is_a_file(here: Path) -> None:
    (here / "file").touch()
    said = refused(here, 3, "mysite", "-o", "file/below")
    assert said == f"Error: {here}/file is not a folder. Choose another --output-dir.\n"


def test_an_output_directory_with_template_code(here: Path) -> None:
    assert run(here, "mysite", "-o", "{{ 1 }}").returncode == 0
    assert (here / "{{ 1 }}/mysite/manage.py").is_file()


def test_an_output_directory_where_nobody_can_write(here: Path) -> None:
    said = refused(here, 4, "mysite", "-o", "/proc/nowhere")
    assert said.startswith("Error: /proc/nowhere can't be ")
    assert said.endswith("Choose another --output-dir, or fix the problem.\n")


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_a_folder_that_may_only_be_read(here: Path, flags: list[str]) -> None:
    # Said by the system, so that the test tells the same for root, who may write everywhere.
    code = "import os; os.access = lambda *_: False; from django_asgi_new.cli import main; main()"
    done = run(here, "mysite", *flags, code=code)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        "Error: . can't be used: Permission denied. Choose another --output-dir, or fix the "
        "problem.\n"
    )
    assert tree(here) == {}


def test_another_file_system(here: Path) -> None:
    with TemporaryDirectory(dir="/dev/shm") as folder:
        assert Path(folder).stat().st_dev != here.stat().st_dev
        assert run(here, "mysite", "-o", folder).returncode == 0
        assert tree(Path(folder) / "mysite").keys() == whole_project(here)


def test_a_mount_point_is_in_the_way(here: Path) -> None:
    (here / "mysite").mkdir()
    # To mount something takes rights that a test may not have.
    mounted = """
import pathlib
from django_asgi_new import cli
pathlib.Path.is_mount = lambda path: path.name == "mysite"
cli.main()
"""
    done = run(here, "mysite", code=mounted)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"Error: {here}/mysite is a mount point. Choose a name inside it, with --output-dir.\n"
    )
    assert tree(here) == {"mysite": None}


def test_an_empty_folder_keeps_its_permissions(here: Path) -> None:
    (here / "mysite").mkdir(mode=0o700)
    assert run(here, "mysite").returncode == 0
    assert stat.S_IMODE((here / "mysite").stat().st_mode) == 0o700


@pytest.mark.parametrize("size", [0, 50, 2000, 10_000])
def test_a_full_disk(here: Path, size: int) -> None:
    code = (
        "import resource, sys\n"
        # Python 3.11 would leave files behind that are cut off.
        "sys.dont_write_bytecode = True\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "from django_asgi_new.cli import main\n"
        "main()\n"
    )
    done = with_python(here, code, "mysite", "-o", "new/folders")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        f"Error: {here}/new/folders can't be written to: File too large. Choose another "
        "--output-dir, or fix the problem.\n"
    )
    assert tree(here) == {}


def test_a_mistake_in_the_template(here: Path, root: Path) -> None:
    (root / TEMPLATE.name / "zz.txt").write_text("{% if %}")
    said = refused(here, 1, "mysite", "-o", "new/folders", root=root)
    assert said.startswith("Traceback")
    assert said.endswith(BUG)


def test_a_validator_that_fails(here: Path, root: Path) -> None:
    (root / "hooks" / "pre_gen_project.py").write_text("raise RuntimeError('broken')\n")
    said = refused(here, 1, "mysite", root=root)
    assert "RuntimeError: broken" in said
    assert said.endswith(BUG)


def test_a_hook_that_fails_after_the_project_is_made(here: Path, root: Path) -> None:
    (root / "hooks" / "post_gen_project.py").write_text("SECRETS, SECRETS_MODE = '.env', 0o600\n")
    done = run(here, "mysite", root=root)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"{BUG}The project is complete, in {here}/mysite.\n")
    assert tree(here / "mysite").keys() == whole_project(here)


def test_folders_that_were_there_stay_after_a_failure(here: Path, root: Path) -> None:
    (root / TEMPLATE.name / "zz.txt").write_text("{{ undefined }}")
    (here / "mysite").mkdir()
    refused(here, 1, "mysite", root=root)


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


def test_three_runs_for_the_same_name(here: Path) -> None:
    options = {"cwd": here, "env": environment(here), "stderr": subprocess.PIPE}
    runs = [subprocess.Popen(command("mysite"), **options) for _ in range(3)]  # type: ignore[call-overload]
    for process in runs:
        process.communicate()
    assert sorted(process.returncode for process in runs) == [0, 3, 3]
    assert [path.name for path in here.iterdir()] == ["mysite"]
    assert tree(here / "mysite").keys() == whole_project(here)


def whole_project(here: Path) -> set[str]:
    assert run(here, "mysite", "-o", "again", root=ROOT).returncode == 0
    return set(tree(here / "again" / "mysite"))
