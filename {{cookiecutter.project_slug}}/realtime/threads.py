"""A thread pool for the sync code of WebSocket consumers, the ORM's included.

Channels runs such code in one thread for all consumers, so one slow query delays all others.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import close_old_connections

# At most this many consumers run sync code at once, each with a database connection. Others wait.
MAX_THREADS = 40


class DatabaseThreads(ThreadPoolExecutor):
    """Thread pool that closes database connections after a call, as Django does after a request."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a call in one of the threads."""

        def call_and_clean_up() -> Any:
            try:
                return call(*args, **kwargs)
            finally:
                close_old_connections()

        return super().submit(call_and_clean_up)


# asgiref expects one thread for such a context. More are safe here, since nothing that Django binds
# to a thread, such as a transaction, outlives one call.
_context = ThreadSensitiveContext()
SyncToAsync.context_to_thread_executor[_context] = DatabaseThreads(MAX_THREADS)


def use_thread_pool() -> None:
    """Run the sync code that the current task awaits in these threads."""
    SyncToAsync.thread_sensitive_context.set(_context)
