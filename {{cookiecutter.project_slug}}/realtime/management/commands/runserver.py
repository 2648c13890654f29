"""Django's runserver, on the server that production uses."""

{% if cookiecutter.server in ('granian', 'hypercorn') %}
import asyncio
{% endif %}
import atexit
{% if cookiecutter.server == 'hypercorn' %}
import logging
{% endif %}
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

{% if cookiecutter.server == 'uvicorn' %}
import uvicorn
{% endif %}
from channels.routing import get_default_application
{% if cookiecutter.server == 'daphne' %}
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
{% endif %}
from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver
{% if cookiecutter.server == 'granian' %}
from granian.constants import Interfaces
from granian.server.embed import Server
{% elif cookiecutter.server == 'hypercorn' %}
from hypercorn.asyncio import serve
from hypercorn.config import Config
{% endif %}
{% if cookiecutter.layer == 'redis' %}

from realtime.redis import report_unavailable
{% endif %}
{% if cookiecutter.server == 'uvicorn' %}

from .serve import allow_long_headers
{% endif %}

# The exit code that makes Django's reloader start again.
RELOAD = 3


class DevelopmentServer:
    """{{ cookiecutter.server|capitalize }} with the methods of Django's WSGIServer that runserver calls."""

    def __init__(self, address: tuple[str, int], _handler: Any, *, ipv6: bool = False) -> None:
        """Check that the address is free: Django reports an OSError in one sentence."""
        family = socket.AF_INET6 if ipv6 else socket.AF_INET
        try:
            socket.create_server(address, family=family).close()
        except OverflowError as error:
            raise OSError(error) from None
        self.address = address

    def set_app(self, serve: Callable[[str, int], None]) -> None:
        """Set the function that serves."""
        self.serve = serve

    def serve_forever(self) -> None:
        """Serve until Ctrl-C."""
        # In a separate thread, servers handle no signals, so Ctrl-C works the same on all of them.
        server = Thread(target=self.serve, args=self.address, daemon=True)
        server.start()
{% if cookiecutter.layer == 'redis' %}
        Thread(target=report_unavailable, daemon=True).start()
{% endif %}
        server.join()
        # The server failed to start and printed why. Under the reloader, this ends only a thread.
        sys.exit(1)


class Command(runserver.Command):
    """Command that serves pages, static files and WebSockets, and reloads on code changes."""

    help = "Starts a development server, {{ cookiecutter.server|capitalize }}, with WebSockets and reload."
    server_cls: Any = DevelopmentServer
    # Django's handle() sets them.
    addr: str
    use_ipv6: bool

    def run(self, **options: Any) -> None:
        """Serve until Ctrl-C or a code change."""
        if not options["use_static_handler"]:
            static = "servestatic.middleware.ServeStaticMiddleware"
            settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != static]
        elif options["insecure_serving"]:
            # As with DEBUG, files are served from the apps, under their own names.
            settings.SERVESTATIC_AUTOREFRESH = settings.SERVESTATIC_USE_FINDERS = True
            settings.SERVESTATIC_USE_STATIC_ROOT = False
            settings.STORAGES["staticfiles"] = {
                "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
            }
        code = 0
        try:
            super().run(**{**options, "use_threading": False})
        except SystemExit as end:
            if end.code not in (0, RELOAD):
                raise
            code = int(end.code or 0)
{% if cookiecutter.server == 'uvicorn' %}
        # A normal exit would wait for views that block. uvloop, in another thread, could crash
        # during it, and the reloader would then give up.
{% elif cookiecutter.server == 'granian' %}
        # A normal exit would wait for views that block. Granian's threads could crash during it,
        # and the reloader would then give up.
{% else %}
        # A normal exit would wait for views that block.
{% endif %}
        atexit._run_exitfuncs()  # noqa: SLF001, there is no other way to call them
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    def get_handler(self, *_args: Any, **_options: Any) -> Any:
        """Return the function that serves the application."""
        return partial(self.serve, get_default_application())

    def on_bind(self, server_port: int) -> None:
        """Print the address of the server."""
        host = f"[{self.addr}]" if self.use_ipv6 else self.addr
        self.stdout.write(
            f"Django {self.get_version()}, settings {settings.SETTINGS_MODULE}\n"
            f"{{ cookiecutter.server|capitalize }} serves http://{host}:{server_port}/\n"
            "Quit with Ctrl-C."
        )

    def serve(self, application: Any, host: str, port: int) -> None:
        """Run {{ cookiecutter.server|capitalize }} until the process ends."""
{% if cookiecutter.server == 'uvicorn' %}
        allow_long_headers()
        # BEHIND_TLS_PROXY alone decides whether headers of a proxy are trusted. WEB_CONCURRENCY is
        # for `serve`.
        uvicorn.run(
            application,
            host=host,
            port=port,
            workers=1,
            proxy_headers=False,
            ws="realtime.uvicorn:BoundedProtocol",
            ws_per_message_deflate=False,
        )
{% elif cookiecutter.server == 'daphne' %}
        endpoints = build_endpoint_description_strings(host=host, port=port)
        Server(application=application, endpoints=endpoints, signal_handlers=False).run()
{% elif cookiecutter.server == 'hypercorn' %}
        config = Config()
        config.accesslog = "-"
        # The logger itself, since a second handler would write each line twice.
        config.errorlog = logging.getLogger("hypercorn.error")
        config.bind = [f"{host}:{port}"]
        # A trigger that never fires stands in for the signals.
        asyncio.run(serve(application, config, shutdown_trigger=asyncio.Event().wait))
{% else %}
        server = Server(application, address=host, port=port, interface=Interfaces.ASGI)
        asyncio.run(server.serve())
{% endif %}
