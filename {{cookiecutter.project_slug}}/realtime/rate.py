"""The rate at which a client sends."""

import time
{% if cookiecutter.server != 'granian' %}

# The most pings, pongs and message fragments per second. Measured without a limit: ten clients that
# sent as many as they could kept the server from answering anyone else.
MAX_FRAGMENTS = 1000
{% endif %}

# The highest rate that is counted. Refused events count too, but without this bound, a flood would
# keep the other clients of its network from sending for long.
MAX_RATE = 3


class Rate:
    """Rate of events over a number of seconds. An event counts less and less during this time."""

    __slots__ = ("_at", "_burst", "_limit", "_recent")

    def __init__(self, limit: float, seconds: float = 1) -> None:
        """Start without events.

        Args:
            limit: How many events per second are allowed.
            seconds: How many seconds' worth of events may arrive at once.
        """
        self._limit = limit
        self._burst = limit * seconds
        self._recent = 0.0
        self._at = 0.0

    def add(self, amount: float = 1) -> float:
        """Add events and return the rate: 1 is the most that is allowed."""
        now = time.monotonic()
        recent = max(0.0, self._recent - (now - self._at) * self._limit) + amount
        self._recent = min(recent, MAX_RATE * self._burst)
        self._at = now
        return self._recent / self._burst
