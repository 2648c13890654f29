"""System check and warning for the in-memory channel layer."""

import logging
import os
import sys
from functools import cache
from typing import Any

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.core import checks

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)


def check_channel_layer(**_: Any) -> list[checks.CheckMessage]:
    """Return a note in production if the channel layer reaches one process only."""
    if settings.DEBUG or not isinstance(get_channel_layer(), InMemoryChannelLayer):
        return []
    return [
        checks.Info(
            "The in-memory channel layer reaches the clients of one process only.",
            hint="Run one process, or use the Redis channel layer.",
            id="realtime.I001",
        )
    ]


@cache
def warn_of_second_process(layer: BaseChannelLayer) -> None:
    """Log an error, once, if another process of this project has clients of its own."""
    if isinstance(layer, InMemoryChannelLayer) and not is_only_process():
        logger.critical(
            "Another process serves WebSockets too, and the in-memory channel layer does not "
            "reach it: clients miss messages. Run one process, or use Redis."
        )


def is_only_process() -> bool:
    """Lock the project's folder; return False if another process has locked it.

    The lock ends with this process. It is taken at the first connection, since a process that
    locked the folder before a fork would share the lock with its children. Windows has no such
    lock, and there is no warning.
    """
    if sys.platform == "win32":
        return True
    folder = os.open(settings.BASE_DIR, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(folder)
        return False
    except OSError:
        # Some network file systems have no such locks, so other processes can't be detected.
        os.close(folder)
    return True
