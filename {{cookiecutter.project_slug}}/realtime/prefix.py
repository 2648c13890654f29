"""The path of the site on its host, if it is not the root."""

from typing import Any

from django.conf import settings
from django.urls import set_script_prefix


def apply_prefix(scope: Any) -> None:
    """Add the site's prefix to the path of a request, as ASGI and `reverse` expect.

    Some proxies remove it, others pass it on. A server's `root_path` is ignored: Daphne reads it
    from a header, which any client can send.
    """
    if scope["type"] == "lifespan":
        return
    prefix = settings.FORCE_SCRIPT_NAME or ""
    scope["root_path"] = prefix
    if prefix:
        if not f"{scope['path']}/".startswith(f"{prefix}/"):
            scope["path"] = prefix + scope["path"]
        # Django does this for pages.
        set_script_prefix(prefix)
