"""Views."""

from importlib.metadata import version

import django
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix


def stack_info() -> dict[str, str]:
    """Return what the project runs on, for its developers."""
    memory = isinstance(get_channel_layer(), InMemoryChannelLayer)
    return {
        "server": f"{{ cookiecutter.server|capitalize }} {version('{{ cookiecutter.server }}')}",
        "layer": "in-memory" if memory else "Redis",
        "django": django.get_version(),
    }


def index(request: HttpRequest) -> HttpResponse:
    """Render the page that opens the WebSocket."""
    context = {
        "websocket_path": f"{get_script_prefix()}ws/{{ cookiecutter.app }}/",
        # Versions would help attackers.
        "about": stack_info() if settings.DEBUG else None,
    }
    return render(request, "{{ cookiecutter.app }}/index.html", context)
