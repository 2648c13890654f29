"""The ASGI application: HTTP goes to Django, WebSockets go to the consumers."""

import os
import sys

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.__package }}.settings")

try:
    # Loads the apps. Consumers may import models, so the routing comes after it.
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    if settings.configured:
        raise
    sys.exit(f"{error}.")

from .authentication import authenticated
from .connections import Connections
from .handler import Handler
{% if cookiecutter.server == 'hypercorn' %}
from .hypercorn import restrict_server
{% endif %}
from .lifespan import lifespan
from .origin import OriginValidator
from .routing import websocket_urlpatterns

{% if cookiecutter.server == 'hypercorn' %}
restrict_server()

{% endif %}
# Middleware that is to see the end of a WebSocket goes around all of this, not in between.
application = Connections(
    ProtocolTypeRouter(
        {
            "http": Handler(),
            # A browser sends its cookies to a WebSocket whatever page opened it, so the Origin
            # decides.
            "websocket": OriginValidator(authenticated(URLRouter(websocket_urlpatterns))),
            "lifespan": lifespan,
        }
    )
)
