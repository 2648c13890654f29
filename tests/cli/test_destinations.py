"""Where the project goes: a name, a path, or a folder that is there, and what stays of it."""

import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import refused, run, tree

GITIGNORE = """\
# Mine
*.log
.venv/
.env*
"""
MERGED = """\
# Mine
*.log
.venv/
.env*

# Secrets and local data
!.env.example
*.env
*.sqlite3*
/*.sql
/*.dump
/media/

# Generated files
__pycache__/
*.py[cod]
.mypy_cache/
.pytest_cache/
.ruff_cache/
dist/
/staticfiles/
/staticfiles.json
"""
SOMEBODY = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "a@b"}  # fmt: skip


@pytest.fixture
def clone(here: Path) -> Path:
    """Return a fresh repository, as hosts make them."""
    folder = here / "mysite"
    folder.mkdir()
    git(folder, "init", "-q")
    for name, content in {
        "README.md": "# Mine\n",
        "LICENSE": "Mine\n",
        ".gitignore": GITIGNORE,
        ".gitattributes": "* text=auto\n",
        ".github/CODEOWNERS": "* @ada\n",
        ".github/workflows/release.yml": "on: push\n",
        ".vscode/settings.json": "{}\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def files(folder: Path) -> set[str]:
    return {path for path, content in tree(folder).items() if content is not None}


def settled(said: str) -> list[str]:
    """Return the lines on stderr but for those that depend on the machine."""
    return [
        line.partition(" (")[0]
        for line in said.splitlines()
        if not line.startswith("uv is not on your PATH")
    ]


STEPS = [
    "  uv sync", "  uv run manage.py migrate", "  uv run manage.py runserver", "",
    "Then open http://127.0.0.1:8000/",
]  # fmt: skip


@pytest.mark.parametrize("word", [".", "./", "../mysite"])
def test_a_fresh_repository(here: Path, clone: Path, word: str) -> None:
    before = tree(clone)
    assert run(here, "mysite", "-o", "plain").returncode == 0
    done = run(clone, word)
    assert (done.returncode, done.stdout) == (0, f"{clone}\n")
    assert settled(done.stderr) == [
        "Created mysite",
        "Kept as it was: .git, .gitattributes, .github, .vscode, LICENSE, README.md",
        "Lines added at the end: .gitignore",
        "README of the project: docs/project.md",
        "",
        "Next steps:",
        "",
        *STEPS,
    ]
    after = tree(clone)
    assert after.items() >= (before | {".gitignore": MERGED.encode()}).items()
    plain = here / "plain" / "mysite"
    assert files(clone) == files(plain) | files_of(before) | {"docs/project.md"}
    # Each link leads to a file, from the guide's own folder.
    guide = (clone / "docs/project.md").read_text()
    assert "](production.md)" in guide
    assert "](../AGENTS.md)" in guide
    assert git(clone, "check-ignore", ".env") == ".env\n"
    assert ".env.example" in git(clone, "status", "--porcelain")


def files_of(found: dict[str, bytes | None]) -> set[str]:
    return {path for path, content in found.items() if content is not None}


def test_a_path_to_a_fresh_repository(here: Path, clone: Path) -> None:
    for arguments in (["mysite"], ["./mysite"], [str(clone)], ["mysite/"], [".", "-o", "mysite"]):
        done = run(here, *arguments, "--dry-run")
        assert (done.returncode, "docs/project.md" in done.stderr) == (0, True), done.stderr
    done = run(here, "mysite")
    assert done.returncode == 0
    assert settled(done.stderr)[-8:] == ["Next steps:", "", "  cd mysite", *STEPS]


def test_json_names_what_was_there(clone: Path) -> None:
    dry = json.loads(run(clone, ".", "--json", "--dry-run").stdout)
    found = json.loads(run(clone, ".", "--json").stdout)
    assert found["destination"] == str(clone)
    assert found["kept"] == [
        ".git", ".gitattributes", ".github", ".vscode", "LICENSE", "README.md",
    ]  # fmt: skip
    assert found["merged"] == [".gitignore"]
    assert {"docs/project.md", ".gitignore", "manage.py"} <= set(found["files"])
    assert "README.md" not in found["files"]
    assert found["command"].startswith("django-asgi-new . --app=index ")
    assert found["next_steps"][0] == "uv sync"
    for key in ("destination", "kept", "merged", "files", "command", "next_steps"):
        assert dry[key] == found[key]


def test_a_dry_run_in_a_fresh_repository(clone: Path) -> None:
    before = tree(clone)
    done = run(clone, ".", "--dry-run")
    assert done.returncode == 0
    assert tree(clone) == before
    assert done.stderr.endswith(
        "\n\nKept as it was: .git, .gitattributes, .github, .vscode, LICENSE, README.md\n"
        "Lines added at the end: .gitignore\nREADME of the project: docs/project.md\n"
    )


def test_a_repository_keeps_its_history(clone: Path) -> None:
    git(clone, "config", "user.name", "Ada")
    git(clone, "config", "user.email", "ada@example.com")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Mine")
    done = run(clone, ".", "--git", env=SOMEBODY)
    assert done.returncode == 0
    sentence = "No commit will be made: the folder is a git repository already."
    assert settled(done.stderr)[:2] == [sentence, "Created mysite"]
    assert git(clone, "log", "--format=%s") == "Mine\n"
    assert git(clone, "diff", "--cached", "--name-only") == ""


def test_json_reports_a_repository_without_a_commit(clone: Path) -> None:
    done = run(clone, ".", "--git", "--json", "--dry-run")
    sentence = "No commit will be made: the folder is a git repository already."
    assert json.loads(done.stdout)["notes"] == [sentence]


def test_other_files_are_in_the_way(clone: Path) -> None:
    (clone / "src").mkdir()
    (clone / "main.py").touch()
    assert refused(clone, 3, ".") == (
        f"Error: {clone} already exists and contains main.py, src. Choose another name or "
        "--output-dir, or move it away.\n"
    )


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_a_workflow_of_the_same_name_is_in_the_way(clone: Path, flags: list[str]) -> None:
    for name in ("workflows/ci.yml", "dependabot.yml"):
        (clone / ".github" / name).write_text("mine")
    assert refused(clone, 3, ".", *flags) == (
        f"Error: {clone} already exists and contains .github/dependabot.yml, "
        ".github/workflows/ci.yml with other content. Choose another name or --output-dir, or "
        "move it away.\n"
    )
    assert run(clone, ".", "--ci=none").returncode == 0


def test_a_workflow_with_the_same_content_stays(here: Path, clone: Path) -> None:
    assert run(here, "mysite", "-o", "plain").returncode == 0
    workflow = ".github/workflows/ci.yml"
    shutil.copy2(here / "plain/mysite" / workflow, clone / workflow)
    before = (clone / workflow).stat()
    assert run(clone, ".").returncode == 0
    assert (clone / workflow).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("name", [".gitignore", ".github", ".github/workflows"])
def test_links_in_a_repository_are_not_followed(here: Path, clone: Path, name: str) -> None:
    (clone / name).rename(here / "elsewhere")
    (clone / name).symlink_to(here / "elsewhere")
    assert f"already exists and contains {name}" in refused(clone, 3, ".")


@pytest.mark.parametrize(
    ("content", "start"),
    [
        ("", "# Secrets and local data\n.env*\n"),
        ("*.log", "*.log\n\n# Secrets and local data\n.env*\n"),
        ("*.log\r\n", "*.log\r\n\r\n# Secrets and local data\r\n.env*\r\n"),
        ("!.env.example\n", "!.env.example\n\n# Secrets and local data\n.env*\n!.env.example\n"),
        (f"{MERGED.rstrip()}", f"{MERGED.rstrip()}"),
    ],
    ids=["empty", "no line end", "Windows", "an exception", "all there"],
)
def test_gitignore_is_merged(clone: Path, content: str, start: str) -> None:
    path = clone / ".gitignore"
    path.write_bytes(content.encode())
    path.chmod(0o600)
    done = run(clone, ".")
    assert done.returncode == 0
    assert path.read_bytes().startswith(start.encode())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ("Lines added at the end" in done.stderr) == (path.read_bytes() != content.encode())


def test_a_readme_of_another_format(clone: Path) -> None:
    (clone / "README.md").rename(clone / "readme.rst")
    assert run(clone, ".").returncode == 0
    assert not (clone / "README.md").exists()
    assert (clone / "readme.rst").read_text() == "# Mine\n"
    assert 'readme = "docs/project.md"\n' in (clone / "pyproject.toml").read_text()


def test_a_repository_without_a_readme(clone: Path) -> None:
    (clone / "README.md").unlink()
    done = run(clone, ".")
    assert (done.returncode, "docs/project.md" in done.stderr) == (0, False)
    assert "Run it" in (clone / "README.md").read_text()


def test_an_empty_folder_stays_the_folder_that_the_user_stands_in(here: Path) -> None:
    for number, arguments in enumerate([["."], ["mysite", "-o", ".."], ["../mysite"]]):
        folder = here / str(number) / "mysite"
        folder.mkdir(parents=True)
        before = folder.stat().st_ino
        done = run(folder, *arguments)
        assert (done.returncode, done.stdout) == (0, f"{folder}\n")
        assert settled(done.stderr) == ["Created mysite", "", "Next steps:", "", *STEPS]
        assert folder.stat().st_ino == before
        assert (folder / "manage.py").is_file()


def test_a_folder_below_one_that_may_only_be_read(here: Path) -> None:
    (here / "mysite").mkdir()
    # Said by the system, so that the test tells the same for root, who may write everywhere.
    code = (
        "import os; os.access = lambda path, mode: str(path).endswith('mysite')\n"
        "from django_asgi_new.cli import main; main()"
    )
    assert run(here, "mysite", code=code).returncode == 0
    assert (here / "mysite/manage.py").is_file()


def test_a_path_makes_the_folders_above(here: Path) -> None:
    done = run(here, "sites/my site", "--git", env=SOMEBODY)
    assert (done.returncode, done.stdout) == (0, f"{here}/sites/my-site\n")
    assert settled(done.stderr)[-8:] == ["Next steps:", "", "  cd sites/my-site", *STEPS]
    assert 'name = "my-site"' in (here / "sites/my-site/pyproject.toml").read_text()
    assert run(here, f"{here}/other/mysite").stdout == f"{here}/other/mysite\n"
    assert run(here, "below/mysite", "-o", "base").stdout == f"{here}/base/below/mysite\n"


def test_a_folder_keeps_its_own_name(here: Path) -> None:
    (here / "my site").mkdir()
    assert run(here, "./my site").stdout == f"{here}/my site\n"
    assert 'name = "my-site"' in (here / "my site/pyproject.toml").read_text()


def test_the_home_folder(here: Path) -> None:
    home = here.parent / "home"
    assert run(here, "mysite", "--output-dir=~/sites").stdout == f"{home}/sites/mysite\n"
    assert run(here, "~/other/mysite").stdout == f"{home}/other/mysite\n"
    assert tree(here) == {}
    assert refused(here, 2, "mysite", "-o", "~nobody-of-this-name/x") == (
        "Error: The home folder of ~nobody-of-this-name is unknown. For a folder of that name, use "
        "./~nobody-of-this-name/x.\n"
    )


def test_two_absolute_paths(here: Path) -> None:
    assert refused(here, 2, f"{here}/mysite", "-o", "elsewhere") == (
        f"Error: {here}/mysite and --output-dir both name a folder. Use a relative path, or leave "
        "out --output-dir.\n"
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("my.site", 'The project name "my.site" contains ".": use only'),
        ("class", 'The project name "class" would make the package "class", which is a keyword'),
    ],
)
def test_the_name_of_a_folder_is_validated(here: Path, name: str, problem: str) -> None:
    (here / name).mkdir()
    for folder, word in ((here / name, "."), (here, f"./{name}"), (here, f"sites/{name}")):
        assert problem in refused(folder, 2, word)
    assert 'The project name is empty: give one, such as "mysite".' in refused(here, 2, "/")


def test_two_runs_in_one_folder(clone: Path) -> None:
    (clone / ".django-asgi-new").mkdir()
    assert "contains .django-asgi-new. Choose" in refused(clone, 3, ".")


def test_a_file_that_comes_meanwhile_stays(clone: Path) -> None:
    before = tree(clone)
    meanwhile = """
from pathlib import Path
from django_asgi_new import cli, place
moved = place._move
def move(source, target, made):
    if target.name == "pyproject.toml":
        target.write_text("mine")
    moved(source, target, made)
place._move = move
cli.main()
"""
    done = run(clone, ".", code=meanwhile)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"Error: {clone}/pyproject.toml was created by another program meanwhile. Choose another "
        "name.\n"
    )
    assert tree(clone) == before | {"pyproject.toml": b"mine"}


def test_a_mistake_while_the_project_is_placed(clone: Path) -> None:
    before = tree(clone)
    broken = """
from django_asgi_new import cli, place
moved = place._move
def move(source, target, made):
    assert target.name != "realtime"
    moved(source, target, made)
place._move = move
cli.main()
"""
    assert run(clone, ".", code=broken).returncode == 1
    assert tree(clone) == before
