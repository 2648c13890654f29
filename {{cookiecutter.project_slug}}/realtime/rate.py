"""The rate at which a client sends."""

import time
{% if cookiecutter.server != 'granian' %}

# The most frames per second that complete no message: pings, pongs and fragments. Measured without
# it: ten clients that send as many as they can keep the server from answering anyone else.
MAX_FRAGMENTS = 1000
{% endif %}

# What is refused counts too, but so little of it that a client can soon send again: another one
# may have sent it from the same network.
MOST = 3


class Rate:
    """Rate of events over a number of seconds. An event counts less and less during this time."""

    __slots__ = ("_at", "_limit", "_most", "_recent")

    def __init__(self, limit: float, seconds: float = 1) -> None:
        """Start without events.

        Args:
            limit: How many events per second are allowed.
            seconds: For how many seconds' events at once.
        """
        self._limit = limit
        self._most = limit * seconds
        self._recent = 0.0
        self._at = 0.0

    def add(self, amount: float = 1) -> float:
        """Add events and return how many count now, in units of what is allowed."""
        now = time.monotonic()
        recent = max(0.0, self._recent - (now - self._at) * self._limit) + amount
        self._recent = min(recent, MOST * self._most)
        self._at = now
        return self._recent / self._most
