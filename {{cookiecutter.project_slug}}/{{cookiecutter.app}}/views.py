"""The page."""

from importlib.metadata import version

import django
from channels.layers import get_channel_layer
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def about() -> dict[str, str]:
    """Say what the project runs on, for its developer."""
    return {
        "server": f"{{ cookiecutter.server|capitalize }} {version('{{ cookiecutter.server }}')}",
        "layer": type(get_channel_layer()).__name__,
        "django": django.get_version(),
    }


def index(request: HttpRequest) -> HttpResponse:
    """Show the page that opens the WebSocket."""
    context = {
        "websocket_path": "/ws/{{ cookiecutter.app }}/",
        # Versions are of use to an attacker too.
        "about": about() if settings.DEBUG else None,
    }
    return render(request, "{{ cookiecutter.app }}/index.html", context)
