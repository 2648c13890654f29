"""Which consumer serves which WebSocket path of this app."""

from django.urls import re_path

from .consumers import {{ cookiecutter.__app_class }}Consumer

websocket_urlpatterns = [
    # The slash may be left out: Django's redirect to the path with a slash can't help a WebSocket.
    re_path(
        r"^ws/{{ cookiecutter.app }}/?$",
        {{ cookiecutter.__app_class }}Consumer.as_asgi(),
    ),
]
