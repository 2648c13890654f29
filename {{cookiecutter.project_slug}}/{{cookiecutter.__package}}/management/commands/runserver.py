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
from django.core.management.commands import runserver
from django.utils import autoreload
{% if cookiecutter.server == 'granian' %}
from granian.constants import Interfaces
from granian.server.embed import Server
{% elif cookiecutter.server == 'hypercorn' %}
from hypercorn.asyncio import serve
from hypercorn.config import Config
{% endif %}

# With this code Django's reloader asks to be started again.
RELOAD = 3


class Command(runserver.Command):
    """Serves pages, static files and WebSockets, and reloads itself when code changes."""

    help = "Starts a development server, {{ cookiecutter.server|capitalize }}, with WebSockets and reload."

    # Django's handle() sets them.
    addr: str
    port: str
    use_ipv6: bool

    def run(self, **options: Any) -> None:
        """Serve until Ctrl-C or a change of code."""
        try:
            super().run(**options)
        except SystemExit as end:
            if end.code != RELOAD:
                raise
{% if cookiecutter.server == 'uvicorn' %}
            # Python's own end would wait for views that block. And uvloop, which runs in another
            # thread, may call Python after that end and crash: the reloader would then give up.
{% elif cookiecutter.server == 'granian' %}
            # Python's own end would wait for views that block. And Granian's threads may call
            # Python after that end and crash: the reloader would then give up.
{% else %}
            # Python's own end would wait for views that block.
{% endif %}
            atexit._run_exitfuncs()  # noqa: SLF001, there is no other way to call them
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(RELOAD)

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Check the project, then serve it until Ctrl-C or a change of code."""
        # A failed import shows here; the reloader then waits for the code to be mended.
        autoreload.raise_last_exception()
        self.stdout.write("Performing system checks...\n\n")
        self.check(display_num_errors=True)
        self.check_migrations()
        application = get_default_application()
        host, port = self.addr, int(self.port)
        family = socket.AF_INET6 if self.use_ipv6 else socket.AF_INET
        try:
            socket.create_server((host, port), family=family).close()
        except (OSError, OverflowError) as error:
            # A port above 65535 is an OverflowError, which has no number.
            reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else error
            self.stderr.write(f"Error: {host}:{port} can't be used: {reason}.")
            # The reloader runs this in a thread, where sys.exit() would end nothing else.
            os._exit(1)
        self.stdout.write(
            f"Django {self.get_version()}, settings {settings.SETTINGS_MODULE}\n"
            f"{{ cookiecutter.server|capitalize }} serves http://{f'[{host}]' if self.use_ipv6 else host}:{port}/\n"
            "Quit with Ctrl-C."
        )
        # In a thread of its own the server takes no signals, and Ctrl-C ends all of them alike.
        server = Thread(target=self.serve, args=(application, host, port), daemon=True)
        server.start()
        try:
            server.join()
        except KeyboardInterrupt:
            sys.exit(0)
        # It could not start, and has said why. Under the reloader this ends no more than a thread.
        sys.exit(1)

    def serve(self, application: Any, host: str, port: int) -> None:
        """Run {{ cookiecutter.server|capitalize }} for good."""
{% if cookiecutter.server == 'uvicorn' %}
        uvicorn.run(application, host=host, port=port)
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
