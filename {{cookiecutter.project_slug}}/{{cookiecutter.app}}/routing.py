"""Which consumer serves which WebSocket path of this app, below /ws/."""

from django.urls import re_path

from .consumers import {{ cookiecutter.app|replace('_', ' ')|title|replace(' ', '') }}Consumer

websocket_urlpatterns = [
    # The slash may be left out: Django's redirect to the path with a slash can't help a WebSocket.
    re_path(r"^{{ cookiecutter.app }}/?$", {{ cookiecutter.app|replace('_', ' ')|title|replace(' ', '') }}Consumer.as_asgi()),
]
