"""What holds of every file of every project."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import tree_sitter
import tree_sitter_css
import tree_sitter_html
import tree_sitter_javascript
import yaml

LEFTOVER = re.compile(r"cookiecutter\.|{%-|-%}|{{ ?cookiecutter")
LANGUAGES = {
    ".css": tree_sitter_css,
    ".html": tree_sitter_html,
    ".js": tree_sitter_javascript,
    ".svg": tree_sitter_html,
}
# Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
NOT_ON_WINDOWS = re.compile(
    r'[<>:"|?*\\\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE
)


def files(project: Path) -> Iterator[Path]:
    return (path for path in project.rglob("*") if path.is_file())


def contents(project: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file's bytes and permissions, without the bytes of the one with the secret."""
    return {
        path.relative_to(project).as_posix(): (
            path.read_bytes() if path.name != ".env" else b"",
            path.stat().st_mode,
        )
        for path in files(project)
    }


def parse(suffix: str, text: str) -> None:
    """Refuse a text that is not in the language of its suffix."""
    match suffix:
        case ".py":
            ast.parse(text)
        case ".toml":
            tomllib.loads(text)
        case ".json":
            json.loads(text)
        case ".yml" | ".yaml":
            yaml.safe_load(text)
        case _ if suffix in LANGUAGES:
            parser = tree_sitter.Parser(tree_sitter.Language(LANGUAGES[suffix].language()))
            assert not parser.parse(text.encode()).root_node.has_error, f"no {suffix}: {text}"


def check(project: Path) -> None:
    """Refuse files that do not parse, hold a scar of rendering or can't lie on Windows."""
    for path in files(project):
        for part in path.relative_to(project).parts:
            assert not NOT_ON_WINDOWS.search(part), path
        text = path.read_text(encoding="utf-8")
        if not text:
            assert path.name == "__init__.py"
            continue
        parse(path.suffix, text)
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not text.startswith("\n"), path
        assert "\n\n\n\n" not in text, path
        assert path.suffix == ".py" or "\n\n\n" not in text, path
        assert not re.search(r"[ \t]\n|\r", text), path
        # Caddy's own formatter indents by tabs.
        assert path.name == "Caddyfile" or "\t" not in text, path
        assert not LEFTOVER.search(text), path
    names = [path.relative_to(project).as_posix().lower() for path in files(project)]
    assert len(names) == len(set(names))


def lint(project: Path) -> None:
    """Refuse what the project's own linter or formatter would change."""
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache"],
            cwd=project,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
