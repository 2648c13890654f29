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

# Raised by Django for headers and query strings that it cannot read.
UNREADABLE = (BadRequest, LookupError, TypeError, ValueError)
# Pages are in UTF-8, so browsers send their forms in UTF-8.
CHARSETS = {"ascii", "utf-8"}


def get_asgi_application() -> ASGIHandler:
    """Load the apps and return the handler, as Django's function of this name does."""
    django.setup(set_prefix=False)
    return Handler()


class Handler(ASGIHandler):
    """Answers 400 to a path or a form that Django itself fails to read.

    Django uses whatever charset a client names for a form. Some of Python's codecs are not for
    text: Django answers 500 then. One takes minutes for a form of a few megabytes (punycode: 4.1 s
    for 300 kB). Middleware would come too late: creating the request already fails.
    """

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """Return the request, or the response to one that can't be read."""
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
    """Return whether the path is one, and a form has a usual charset.

    Django checks the other kind of form itself. It would append the path "@evil.example" to the
    host of a redirect, and some servers pass such a path on.
    """
    return request.path.startswith("/") and (
        request.content_type != "multipart/form-data"
        or codecs.lookup(request.encoding or "utf-8").name in CHARSETS
    )
