"""Environment variables for the settings, with the checks that environs lacks."""

import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv
from environs import Env

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\*\.)?([a-z0-9.-]+|\[[0-9a-f]*:[0-9a-f:.]+\])(:[0-9]+)?")


class Environment(Env):
    """Environment variables, with a file for those that are not set.

    An empty variable counts as not set: `NAME=$OTHER` creates one if OTHER is missing.
    """

    def __init__(self, file: Path) -> None:
        """Read the file if it exists."""
        super().__init__()
        try:
            # Unlike read_env of environs, it sets os.environ, which `manage.py serve` reads.
            load_dotenv(file, interpolate=False, encoding="utf-8-sig")
        except ValueError:
            # Without its cause, which contains the text.
            raise ImproperlyConfigured(f"{file} is not in UTF-8. Save it in UTF-8.") from None

    def _get_value(self, env_key: str, default: Any) -> Any:
        return super()._get_value(env_key, "") or default


def origin(value: str) -> str:
    """Return an item of CSRF_TRUSTED_ORIGINS, which must have the form that browsers send."""
    if ORIGIN.fullmatch(value := value.strip()):
        return value
    raise ImproperlyConfigured(
        f"CSRF_TRUSTED_ORIGINS must be like https://example.com, not {value!r}."
    )


def prefix(value: str) -> str:
    """Return the path of FORCE_SCRIPT_NAME without a final slash."""
    if re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", value):
        return value.rstrip("/")
    raise ImproperlyConfigured(f"FORCE_SCRIPT_NAME must be like /app, not {value!r}.")
