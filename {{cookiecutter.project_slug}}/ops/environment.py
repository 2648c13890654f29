"""Environment variables for the settings, with the checks that environs lacks."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv
from environs import Env

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\*\.)?([a-z0-9.-]+|\[[0-9a-f]*:[0-9a-f:.]+\])(:[0-9]+)?")

# Addresses of this host, of local and cloud networks, and of containers.
PRIVATE_NETWORKS = [
    *map(IPv4Network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
    *map(IPv4Network, ("100.64.0.0/10", "169.254.0.0/16")),
    *map(IPv6Network, ("::1/128", "fc00::/7", "fe80::/10")),
]


class Environment(Env):
    """Environment variables, with a file for variables that are not set.

    An empty variable counts as not set: `NAME=$OTHER` creates one if OTHER is missing.
    """

    def __init__(self, file: Path) -> None:
        """Read the file if it exists."""
        super().__init__()
        try:
            # Unlike environs' read_env, this sets os.environ, which `manage.py serve` reads.
            load_dotenv(file, interpolate=False, encoding="utf-8-sig")
        except ValueError:
            # Without the cause, which contains the text of the file.
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


def network(value: str) -> IPv4Network | IPv6Network:
    """Return an item of PROXY_NETWORKS."""
    try:
        return ip_network(value.strip())
    except ValueError:
        raise ImproperlyConfigured(
            f"PROXY_NETWORKS must be like 192.0.2.0/24, not {value!r}."
        ) from None
