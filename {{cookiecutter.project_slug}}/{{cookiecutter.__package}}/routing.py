"""Which consumer serves which WebSocket path."""

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import re_path

import {{ cookiecutter.app }}.routing


class Refusal(AsyncWebsocketConsumer):
    """Refuses a path that nothing else serves; the router alone would raise ValueError."""

    async def connect(self) -> None:
        """Close before the handshake is done, which the client sees as status 403."""
        await self.close()


websocket_urlpatterns = [
    *{{ cookiecutter.app }}.routing.websocket_urlpatterns,
    re_path(r"", Refusal.as_asgi()),
]
