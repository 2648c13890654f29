"""The ASGI application: HTTP goes to Django, WebSockets go to the consumers."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.__package }}.settings")

# Loads the apps. Consumers may import models, so the routing comes after it.
django_application = get_asgi_application()

from .authentication import authenticated  # noqa: E402
from .connections import Connections  # noqa: E402
from .lifespan import lifespan  # noqa: E402
from .routing import websocket_urlpatterns  # noqa: E402

# Middleware that is to see the end of a WebSocket goes around all of this, not in between.
application = Connections(
    ProtocolTypeRouter(
        {
            "http": django_application,
            # A browser sends its cookies to a WebSocket whatever page opened it, so the Origin
            # decides.
            "websocket": AllowedHostsOriginValidator(
                authenticated(URLRouter(websocket_urlpatterns)),
            ),
            "lifespan": lifespan,
        }
    )
)
