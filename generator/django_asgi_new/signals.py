"""Turns Ctrl-C, SIGTERM and SIGHUP into one exception, at moments when it can be dealt with."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType


# Seconds. Python looks for signals between two steps of its own: one that comes right before a call
# that waits is dealt with only after it. So no wait is longer than this, or it wakes at a signal.
LONGEST_WAIT = 0.2


class Stopped(SystemExit):
    """The user or the system asked to stop.

    Not an Exception, which a library may swallow; of all others asyncio, in which the prompts run,
    lets only this kind through.
    """

    def __init__(self, signum: int) -> None:
        """Keep the signal's number; a shell knows by 128 more that it ended a program."""
        self.signum = signum
        self.exit_code = 128 + signum
        super().__init__(self.exit_code)


class _State:
    held = False
    wake: Callable[[], None] | None = None
    pending = 0
    stopping = False


def install() -> None:
    """Take the signals, except those that the parent asked to ignore (as nohup does)."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signum = getattr(signal, name, None)
        if signum is not None and signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _receive)


def finish() -> None:
    """Let no signal change an outcome that is settled."""
    _State.stopping = True


def _receive(signum: int, _frame: FrameType | None) -> None:
    if _State.stopping:
        # Cleaning up is under way, which a second signal must not cut short.
        return
    if _State.held:
        _State.pending = _State.pending or signum
        if _State.wake:
            _State.wake()
        return
    _State.stopping = True
    raise Stopped(signum)


class _Mode:
    """A block in which signals are held back, or let through."""

    def __init__(self, *, held: bool, wake: Callable[[], None] | None = None) -> None:
        self.held, self.wake = held, wake
        self.before = (held, wake)

    def __enter__(self) -> None:
        self.before = (_State.held, _State.wake)
        self._switch(self.held, self.wake)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._switch(*self.before)

    @staticmethod
    def _switch(held: bool, wake: Callable[[], None] | None) -> None:  # noqa: FBT001
        _State.held, _State.wake = held, wake
        if _State.pending and not held:
            _receive(_State.pending, None)


def held(wake: Callable[[], None] | None = None) -> _Mode:
    """Hold signals back: one that arrives takes effect when the block is over.

    Args:
        wake: Called when one arrives, for a block that waits for something else.
    """
    return _Mode(held=True, wake=wake)


def pending() -> bool:
    """Tell whether a signal has arrived that is held back."""
    return bool(_State.pending)


def released() -> _Mode:
    """Let signals through inside a block that holds them back."""
    return _Mode(held=False)
