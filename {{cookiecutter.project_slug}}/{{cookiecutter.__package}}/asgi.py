"""The ASGI application: HTTP goes to Django, WebSockets go to the consumers."""

import os
import sys

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

from ops.handler import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.__package }}.settings")

try:
    # Loads the apps. Consumers may import models, so the routing comes after it.
    django_application = get_asgi_application()
except (EnvError, ImproperlyConfigured) as error:
    if settings.configured:
        raise
    sys.exit(f"{error}\n.env.example describes the variables. In development, copy it to .env.")

from realtime.authentication import AuthMiddlewareStack
from realtime.connections import Connections
from realtime.lifespan import lifespan
from realtime.origin import OriginValidator, not_found

from .routing import websocket_urlpatterns

application = Connections(
    ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": OriginValidator(
                AuthMiddlewareStack(
                    # The router would raise ValueError for all other paths.
                    URLRouter([*websocket_urlpatterns, not_found])
                )
            ),
            "lifespan": lifespan,
        }
    )
)
