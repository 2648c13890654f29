"""Django's part of the ASGI application."""

import codecs
import logging
from collections.abc import Mapping
from typing import IO, Any

import django
from django.core.exceptions import BadRequest
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponseBadRequest, HttpResponseBase

logger = logging.getLogger(__name__)

# Raised by Django for headers and query strings that it cannot parse.
UNREADABLE = (BadRequest, LookupError, TypeError, ValueError)
# Pages are in UTF-8, so browsers send their forms in UTF-8.
CHARSETS = {"ascii", "utf-8"}


def get_asgi_application() -> ASGIHandler:
    """Load the apps and return the handler, as Django's function of this name does."""
    django.setup(set_prefix=False)
    return Handler()


class Handler(ASGIHandler):
    """Django's handler, which also answers 400 to paths and forms that Django fails to parse.

    Django decodes a form with any Python codec that a client names. Some codecs are not for text,
    and Django then answers 500. Punycode takes minutes for a few megabytes (4.1 s for 300 kB).
    Middleware would be too late: creating the request already fails.
    """

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """Return the request, or the response to a request that can't be parsed."""
        try:
            created = super().create_request(scope, body_file)
        except UNREADABLE:
            pass
        else:
            request, _ = created
            if not request or is_readable(request):
                return created
        logger.warning("Bad Request: %r", scope["path"])
        return None, HttpResponseBadRequest()


def is_readable(request: ASGIRequest) -> bool:
    """Return whether the path begins with a slash, and a multipart form is in UTF-8.

    Django itself checks URL-encoded forms. Some servers pass on a path such as "@evil.example",
    which Django would append to the host of a redirect.
    """
    return request.path.startswith("/") and (
        request.content_type != "multipart/form-data"
        or codecs.lookup(request.encoding or "utf-8").name in CHARSETS
    )
