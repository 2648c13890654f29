"""Prompts on a terminal: output, keys and signals."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from django_asgi_new import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    import questionary
    from prompt_toolkit.application import Application
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent


class BackError(Exception):
    """The user goes back to the previous question."""


def has_keys() -> bool:
    """Return whether the terminal can move its cursor, which arrow keys require."""
    return sys.platform == "win32" or os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


@contextmanager
def session() -> Iterator[None]:
    """Write prompts to stderr, since stdout is for the result. Ctrl-C and Ctrl-D end them."""
    with ExitStack() as session:
        if sys.platform != "win32":
            import termios

            # A signal may arrive before the prompt library can restore the terminal.
            mode = termios.tcgetattr(sys.stdin)
            session.callback(termios.tcsetattr, sys.stdin, termios.TCSADRAIN, mode)
        if has_keys():
            from prompt_toolkit.application import create_app_session
            from prompt_toolkit.output import create_output

            session.enter_context(create_app_session(output=create_output(stdout=sys.stderr)))
        try:
            yield
        except (KeyboardInterrupt, EOFError):
            raise signals.Stopped(signal.SIGINT) from None


def choose(prompt: questionary.Question, *, back: bool) -> Any:  # noqa: ANN401, as its type says
    """Run a prompt whose answer is not text, as `run` does.

    The prompt has a hidden line of text, which keys such as Alt-Enter would return.
    """
    from prompt_toolkit.filters import Always

    line = prompt.application.current_buffer
    line.accept_handler = None
    line.read_only = Always()
    return run(prompt, back=back)


def run(prompt: questionary.Question, *, back: bool) -> Any:  # noqa: ANN401, as its type says
    """Run a prompt, and return its answer.

    A signal ends the prompt in a callback of its event loop, which may swallow an exception from a
    signal handler.

    Raises:
        BackError: The user goes back; only with `back`.
        KeyboardInterrupt: Ctrl-C was pressed.
        EOFError: Ctrl-D was pressed.
        signals.Stopped: A signal came.
    """
    application = prompt.application
    _bind(application, back=back)

    def leave() -> None:
        if signals.pending() and application.future and not application.future.done():
            application.exit()

    def wake() -> None:
        if application.loop:
            application.loop.call_soon_threadsafe(leave)

    with signals.held(wake):
        return application.run(pre_run=leave)


def _bind(application: Application[Any], *, back: bool) -> None:
    """Bind Shift-Tab, and Ctrl-D for prompts that lack it."""
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings

    keys = KeyBindings()

    @keys.add("s-tab")
    def _(event: KeyPressEvent) -> None:
        if back:
            event.app.exit(exception=BackError)

    @keys.add("c-d", filter=Condition(lambda: not application.current_buffer.text))
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    application.key_bindings = merge_key_bindings([application.key_bindings or keys, keys])
