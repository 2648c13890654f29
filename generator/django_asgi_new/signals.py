"""Ctrl-C, SIGTERM and SIGHUP as one exception, which is raised only where it can be handled."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType


# In seconds. Python runs signal handlers between its own instructions, so a signal right before a
# blocking call is handled only after it. No call blocks for longer, unless signals wake it.
LONGEST_WAIT = 0.2


class Stopped(SystemExit):
    """The user or the system asked to stop.

    Not an Exception, since a library may swallow it. Prompts run in asyncio, which passes on only
    SystemExit and KeyboardInterrupt.
    """

    def __init__(self, signum: int) -> None:
        """Store the signal's number. By convention, the exit code is 128 more."""
        self.signum = signum
        self.exit_code = 128 + signum
        super().__init__(self.exit_code)


class _State:
    held = False
    wake: Callable[[], None] | None = None
    pending = 0
    stopping = False


def install() -> None:
    """Handle the signals, except those that the parent ignores (as nohup does)."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signum = getattr(signal, name, None)
        if signum is not None and signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _receive)


def finish() -> None:
    """Ignore signals from now on, since the outcome is settled."""
    _State.stopping = True


def _receive(signum: int, _frame: FrameType | None) -> None:
    if _State.stopping:
        # The command is cleaning up, which a second signal must not interrupt.
        return
    if _State.held:
        _State.pending = _State.pending or signum
        if _State.wake:
            _State.wake()
        return
    _State.stopping = True
    raise Stopped(signum)


class _Mode:
    """Block in which signals are held back, or released."""

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
    """Hold signals back until the end of the block.

    Args:
        wake: Called when a signal arrives, for a block that waits.
    """
    return _Mode(held=True, wake=wake)


def pending() -> bool:
    """Return whether a signal is held back."""
    return bool(_State.pending)


def released() -> _Mode:
    """Release signals inside a block that holds them back."""
    return _Mode(held=False)
