"""Says where the in-memory channel layer does not reach."""

import logging
import os
import sys
from typing import Any

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.core import checks

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

# Open as long as the process lives.
_lock = os.open(__file__, os.O_RDONLY)


def one_process_only(**_: Any) -> list[checks.CheckMessage]:
    """Say in production that the in-memory layer is for one process."""
    if settings.DEBUG or not isinstance(get_channel_layer(), InMemoryChannelLayer):
        return []
    return [
        checks.Info(
            "The in-memory channel layer reaches the clients of one process only.",
            hint="Run one process, or change to Redis as the README says.",
            id="{{ cookiecutter.__package }}.I001",
        )
    ]


def warn_of_second_process(layer: BaseChannelLayer) -> None:
    """Log that another process of this project has clients of its own, if it has.

    The lock is on this very file: every process of the project can open it, and it goes with the
    process. Windows has no such lock, and gets no warning.
    """
    if sys.platform != "win32" and isinstance(layer, InMemoryChannelLayer):
        try:
            fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            logger.critical(
                "Another process serves WebSockets too, and the in-memory channel layer does not "
                "reach it: clients miss messages. Run one process, or change to Redis."
            )
