"""Which request or connection a line in the log belongs to, and lines as JSON for production."""

import logging
import re
import secrets
from contextvars import ContextVar

from asgiref.typing import Scope
from django.conf import settings
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

KINDS = {"http": "request_id", "websocket": "connection_id"}
# The name and the value that the lines of the current task get.
_identity: ContextVar[tuple[str, str] | None] = ContextVar("identity", default=None)


def identify(scope: Scope) -> None:
    """Give what the current task serves an id: the proxy's X-Request-ID, or a new one."""
    if (kind := KINDS.get(scope["type"])) is None:
        return
    identity = ""
    if settings.BEHIND_TLS_PROXY:
        headers = dict(scope["headers"])  # type: ignore[typeddict-item]
        identity = headers.get(b"x-request-id", b"").decode("latin-1")
    if not re.fullmatch(r"[\w.:-]{1,64}", identity, re.ASCII):
        identity = secrets.token_hex(8)
    _identity.set((kind, identity))


class IdentityFilter(logging.Filter):
    """Adds the id to a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if identity := _identity.get():
            setattr(record, *identity)
        return True


class ProductionFormatter(JsonFormatter):
    """Writes a record as one line of JSON."""

    def __init__(self) -> None:
        """Choose what is written, beside what a call gives as `extra`."""
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            # A request would bring its query string, which may hold a secret.
            reserved_attrs=[*RESERVED_ATTRS, "color_message", "request", "server_time"],
        )
