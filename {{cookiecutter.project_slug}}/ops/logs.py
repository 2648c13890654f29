"""Log records with the id of their request or connection, as JSON in production."""

import logging
import re
import secrets
from contextvars import ContextVar

from asgiref.typing import Scope
from django.conf import settings
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

KINDS = {"http": "request_id", "websocket": "connection_id"}
# The name and the value of the id for records of the current task.
_identity: ContextVar[tuple[str, str] | None] = ContextVar("identity", default=None)


def identify(scope: Scope) -> None:
    """Set the id of the current task's request: the proxy's X-Request-ID, or a new one."""
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
    """Filter that adds the id to records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id and accept the record."""
        if identity := _identity.get():
            setattr(record, *identity)
        return True


class ProductionFormatter(JsonFormatter):
    """Formatter for one JSON object per line."""

    def __init__(self) -> None:
        """Set the fields. Logging calls can add others with `extra`."""
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            # The query string of a request may hold a secret.
            reserved_attrs=[*RESERVED_ATTRS, "color_message", "request", "server_time"],
        )
