"""WebSocket URLs of the project."""

import {{ cookiecutter.app }}.routing

websocket_urlpatterns = [
    *{{ cookiecutter.app }}.routing.websocket_urlpatterns,
]
