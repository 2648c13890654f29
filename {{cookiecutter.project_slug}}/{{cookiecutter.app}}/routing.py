"""WebSocket URLs of the app."""

from django.urls import re_path

from .consumers import {{ cookiecutter.__app_class }}Consumer

websocket_urlpatterns = [
    # The slash is optional, since no redirect can add it for a WebSocket.
    re_path(
        r"^ws/{{ cookiecutter.app }}/?$",
        {{ cookiecutter.__app_class }}Consumer.as_asgi(),
    ),
]
