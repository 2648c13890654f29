"""The threads in which the sync code of WebSocket consumers runs, the ORM's included.

Channels has one thread for all consumers of a process, where one slow query holds up everybody.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import close_old_connections

# So many consumers can block at once, with a database connection each; others wait their turn.
MAX_THREADS = 40


class DatabaseThreads(ThreadPoolExecutor):
    """Closes database connections after a call as Django does after a request."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a call in one of the threads."""

        def call_and_clean_up() -> Any:
            try:
                return call(*args, **kwargs)
            finally:
                close_old_connections()

        return super().submit(call_and_clean_up)


# asgiref means such a context to stand for one thread. More are safe here: Django binds to a thread
# only what happens within one call, a transaction for example.
_context = ThreadSensitiveContext()
SyncToAsync.context_to_thread_executor[_context] = DatabaseThreads(MAX_THREADS)


def use_threads() -> None:
    """Let the sync code that the current task awaits run in these threads."""
    SyncToAsync.thread_sensitive_context.set(_context)
