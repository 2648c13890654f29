"""Which consumer serves which WebSocket path."""

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import path, re_path

from {{ cookiecutter.app }}.routing import websocket_urlpatterns as {{ cookiecutter.app }}_urlpatterns


class Refusal(AsyncWebsocketConsumer):
    """Refuses a path that nothing else serves; the router alone would raise ValueError."""

    async def connect(self) -> None:
        """Close before the handshake is done, which the client sees as status 403."""
        await self.close()


websocket_urlpatterns = [
    path("ws/", URLRouter({{ cookiecutter.app }}_urlpatterns)),
    re_path(r"", Refusal.as_asgi()),
]
