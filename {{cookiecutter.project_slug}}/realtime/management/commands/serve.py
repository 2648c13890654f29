"""The production server."""

import logging
import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

logger = logging.getLogger(__name__)

# Time to wait for the database. If it is down, the server starts anyway.
DATABASE_SECONDS = 5


class Command(BaseCommand):
    """Command that replaces its process with the server, which then receives the signals."""

    help = "Starts the production server, {{ cookiecutter.server|capitalize }}."
    # Checks print plain text, but the log is JSON.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        add = parser.add_argument
        add("--host", help="The address to bind to. Default: $HOST or 127.0.0.1.")
        add("--port", type=int, help="The port to bind to. Default: $PORT or 8000.")
        add("--workers", type=int, help="The number of processes. Default: $WEB_CONCURRENCY or 1.")
        add("--root-path", help="The site's path on its host. Default: $FORCE_SCRIPT_NAME.")
        add("options", nargs="*", help="After --, other options of {{ cookiecutter.server|capitalize }}.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the deployment and start the server.

        Raises:
            CommandError: An option is invalid, or the static files have not been collected.
        """
        host = (options["host"] or os.environ.get("HOST") or "127.0.0.1").strip("[]")
        port = positive(options["port"], "PORT", 8000, most=65_535)
        workers = positive(options["workers"], "WEB_CONCURRENCY", 1, most=1000)
        if options["root_path"] is not None:
            os.environ["FORCE_SCRIPT_NAME"] = options["root_path"]
        check_static_files()
        check_migrations()
        words = [*server(host, port, allowed_workers(workers)), *options["options"]]
        command = [sys.executable, "-m", *words]
        # Servers import from the current folder first.
        os.chdir(settings.BASE_DIR)
{% if cookiecutter.server == 'uvicorn' %}
        allow_long_headers()
{% endif %}
        if sys.platform == "win32":
            # On Windows, exec would leave the server in the background. Ctrl-C reaches both.
            signal.signal(signal.SIGINT, lambda *_: None)
            sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603
        os.execv(command[0], command)  # noqa: S606


def positive(value: int | None, name: str, default: int, most: int) -> int:
    """Return a number from an option or, without it, from an environment variable."""
    text = str(os.environ.get(name) or default if value is None else value).strip()
    if text.isascii() and text.isdigit() and 1 <= int(text) <= most:
        return int(text)
    option = {"PORT": "--port", "WEB_CONCURRENCY": "--workers"}[name]
    raise CommandError(f"{name} ({option}) must be a number between 1 and {most}, not {text!r}.")


def check_static_files() -> None:
    """Raise an error if the static files have not been collected, as pages require."""
    storage = staticfiles_storage
    if not isinstance(storage, ManifestStaticFilesStorage):
        return
    if not (storage.hashed_files and Path(settings.STATIC_ROOT).is_dir()):
        raise CommandError("The static files are missing. Run `manage.py collectstatic`.")


def check_migrations() -> None:
    """Log a warning if migrations are unapplied. Some deployments apply them after the start."""

    def unapplied() -> int:
        with closing(connection):
            executor = MigrationExecutor(connection)
            return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    try:
        # In a thread, since connecting to a database can take minutes.
        count = ThreadPoolExecutor().submit(unapplied).result(DATABASE_SECONDS)
    except (Error, TimeoutError) as error:
        logger.warning("The database does not answer: %r", error)
    else:
        if count:
            logger.warning("%d unapplied migration(s). Run `manage.py migrate`.", count)


def allowed_workers(workers: int) -> int:
    """Return the number of processes that the channel layer and the server allow."""
    if workers == 1:
        return 1
{% if cookiecutter.server == 'daphne' %}
    reason = "Daphne runs in one process"
{% elif cookiecutter.server == 'hypercorn' %}
    # Measured with Hypercorn 0.18: two workers cut most of their WebSockets, with 1006.
    reason = "Hypercorn's workers do not close WebSockets properly when they stop"
{% endif %}
{% if cookiecutter.server in ('daphne', 'hypercorn') %}
    if isinstance(get_channel_layer(), InMemoryChannelLayer):
        reason = "the in-memory channel layer reaches one process only"
{% else %}
    if not isinstance(get_channel_layer(), InMemoryChannelLayer):
        return workers
    reason = "the in-memory channel layer reaches one process only"
{% endif %}
    logger.warning("Starting 1 process instead of %d: %s.", workers, reason)
    return 1


{% if cookiecutter.server == 'uvicorn' %}
def allow_long_headers() -> None:
    """Remove the limits on the headers of WebSockets, so that a long cookie does not stop them.

    Uvicorn reads a request without a limit, then passes it on to the websockets library. Above the
    library's limits, 8 kB a line and 128 headers, the client would get no answer. The library reads
    these variables when it is imported.
    """
    for name in ("WEBSOCKETS_MAX_LINE_LENGTH", "WEBSOCKETS_MAX_NUM_HEADERS"):
        os.environ.setdefault(name, "1000000000")


{% endif %}
{% if cookiecutter.server in ('granian', 'uvicorn') %}
def server(host: str, port: int, workers: int) -> list[str]:
{% else %}
def server(host: str, port: int, _workers: int) -> list[str]:
{% endif %}
    """Return the module and the options that start the server."""
    application = ":".join(settings.ASGI_APPLICATION.rsplit(".", 1))
{% if cookiecutter.server == 'uvicorn' %}
    return [
        "uvicorn",
        application,
        f"--host={host}",
        f"--port={port}",
        f"--workers={workers}",
        # BEHIND_TLS_PROXY alone decides whether headers of a proxy are trusted.
        "--no-proxy-headers",
        # It triples the memory of a connection.
        "--ws-per-message-deflate=false",
        "--ws=realtime.uvicorn:BoundedProtocol",
        "--ws-max-size=2097152",
        # For requests that arrived while realtime/connections.py was waiting for others.
        "--timeout-graceful-shutdown=2",
    ]
{% elif cookiecutter.server == 'daphne' %}
    return [
        "daphne",
        f"--bind={host}",
        f"--port={port}",
        "--verbosity=0",
        "--websocket-max-message-size=2097152",
        "--websocket-max-frame-size=2097152",
        application,
    ]
{% elif cookiecutter.server == 'hypercorn' %}
    return [
        "hypercorn",
        # No process other than the one that receives the signals.
        "--workers=0",
        f"--bind={f'[{host}]' if ':' in host else host}:{port}",
        # The project logs the same errors as JSON.
        f"--error-logfile={os.devnull}",
        application,
    ]
{% else %}
    return [
        "granian",
        "--interface=asgi",
        # Granian would prefer other loops, whose signals realtime/connections.py cannot handle.
        "--loop=asyncio",
        f"--host={host}",
        f"--port={port}",
        f"--workers={workers}",
        # Longer than realtime/connections.py waits. Incomplete requests would delay the end.
        "--workers-kill-timeout=11",
        application,
    ]
{% endif %}
