"""Which consumer serves which WebSocket path."""

from django.urls import re_path

import {{ cookiecutter.app }}.routing

from .origin import refuse

websocket_urlpatterns = [
    *{{ cookiecutter.app }}.routing.websocket_urlpatterns,
    # What nothing else serves; the router alone would raise ValueError. Where Django's types expect
    # a view, Channels takes any ASGI application.
    re_path(r"", refuse),  # type: ignore[arg-type]
]
