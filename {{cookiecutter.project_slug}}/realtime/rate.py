"""How much a client sends."""

import time

# The most frames per second that complete no message: pings, pongs and fragments. Measured: the
# servers answer nobody else while ten clients send as many as they can.
MAX_FRAGMENTS = 1000


class Rate:
    """Rate of events. An event counts less and less over the second after it."""

    __slots__ = ("_at", "_limit", "_recent")

    def __init__(self, limit: float) -> None:
        """Start without events.

        Args:
            limit: How many events per second are let through.
        """
        self._limit = limit
        self._recent = 0.0
        self._at = 0.0

    def add(self) -> float:
        """Add an event and return how many count now, in units of the limit."""
        now = time.monotonic()
        self._recent = max(0.0, self._recent - (now - self._at) * self._limit) + 1
        self._at = now
        return self._recent / self._limit
