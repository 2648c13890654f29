"""Limits for all WebSockets from one network, in this process."""

import asyncio
import logging
import math
import time
from typing import Any, ClassVar, Self

from django.conf import settings

from ops.networks import network_of

{% if cookiecutter.server == 'granian' %}
from .rate import Rate
{% else %}
from .rate import MAX_FRAGMENTS, Rate
{% endif %}

logger = logging.getLogger(__name__)

# A message counts as at least this many bytes, since even a short one is delivered to everyone.
LEAST_BYTES = 512
# A network may send this many seconds' worth of bytes at once: after a restart, for example.
BURST_SECONDS = 20
{% if cookiecutter.server != 'granian' %}
# As many as ten WebSockets may send. Measured without this limit: 150 that sent 700 kB/s together
# kept Uvicorn from answering for 7 s.
NETWORK_FRAGMENTS = 10 * MAX_FRAGMENTS
{% endif %}
# How often the log may name a network that has too many WebSockets.
REPORT_SECONDS = 60


class Network:
    """The WebSockets from one network. A network that is unknown is not limited."""

    _known: ClassVar[dict[str, Any]] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self._size = 0
        self._forgetting: asyncio.TimerHandle | None = None
        self._reported_at = -math.inf
        self._traffic = Rate(settings.WS_BYTES_PER_SECOND, BURST_SECONDS)
{% if cookiecutter.server != 'granian' %}
        self._fragments = Rate(NETWORK_FRAGMENTS)
{% endif %}

    @classmethod
    def of(cls, scope: Any) -> Self:
        """Return the network that a WebSocket comes from."""
        peer = scope.get("client")
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        name = network_of(
            peer[0] if peer else "", forwarded[-1].decode("latin-1") if forwarded else None
        )
        network: Self = cls._known.get(name) or cls(name)
        return network

    def enter(self) -> bool:
        """Count a WebSocket, unless there are too many."""
        limit = settings.WS_MAX_CONNECTIONS_PER_NETWORK
        if self.name and self._size >= limit:
            if (now := time.monotonic()) - self._reported_at >= REPORT_SECONDS:
                self._reported_at = now
                logger.warning(
                    "WebSocket refused: %s has WS_MAX_CONNECTIONS_PER_NETWORK (%d) open",
                    self.name,
                    limit,
                )
            return False
        if self._forgetting:
            self._forgetting.cancel()
        self._size += 1
        self._known[self.name] = self
        return True

    def leave(self) -> None:
        """Stop counting a WebSocket."""
        self._size -= 1
        if not self._size:
            # Not at once, or a client that reconnects would be allowed another burst.
            loop = asyncio.get_running_loop()
            self._forgetting = loop.call_later(2 * BURST_SECONDS, self._known.pop, self.name, None)

    def add(self, size: int) -> float:
        """Count a message of this many bytes; return the rate: 1 is the most that is allowed."""
        # A message that is too large is not delivered.
        counted = min(max(size, LEAST_BYTES), settings.WS_MAX_MESSAGE_BYTES)
        return self._traffic.add(counted) if self.name else 0
{% if cookiecutter.server != 'granian' %}

    def is_flooding(self) -> bool:
        """Count a control frame or a fragment; return whether there are too many."""
        return bool(self.name) and self._fragments.add() > 1
{% endif %}
