"""Django's part of the ASGI application."""

import codecs
import logging
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import BadRequest
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponseBadRequest, HttpResponseBase

logger = logging.getLogger(__name__)

# Pages are UTF-8, and so is what browsers send from them.
CHARSETS = {"ascii", "utf-8"}


def is_readable(request: ASGIRequest) -> bool:
    """Tell whether a form's charset is one of ours; with the other kind of form, Django does it."""
    return (
        request.content_type != "multipart/form-data"
        or codecs.lookup(request.encoding or "utf-8").name in CHARSETS
    )


class Handler(ASGIHandler):
    """Answers 400 to a request that Django itself fails to read.

    It believes whatever a client says of the charset of a form. Of those that Python knows, some
    are for no text at all, and one takes minutes for a form of a few megabytes.
    """

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """Return the request, or the answer to one that is none."""
        try:
            created = super().create_request(scope, body_file)
        except (BadRequest, LookupError, ValueError):
            pass
        else:
            request, _ = created
            if not request or is_readable(request):
                return created
        logger.warning("Bad Request: %r", scope["path"])
        return None, HttpResponseBadRequest()
