"""System check and warning for the in-memory channel layer."""

import hashlib
import logging
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
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
    """Return whether this is the first process of the project, by a lock that ends with it.

    The file is opened at the first connection: a process that opened it before a fork would share
    the lock with its children. On Windows there is no such lock, and no warning.
    """
    if sys.platform == "win32":
        return True
    digest = hashlib.sha256(str(settings.BASE_DIR).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"realtime-{os.getuid()}-{digest}.lock")
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        # Without a writable folder, other processes can't be noticed.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    return True
