"""Configuration of the real-time engine."""

from django.apps import AppConfig
from django.core import checks

from .checks import check_channel_layer


class RealtimeConfig(AppConfig):
    """The real-time engine."""

    name = "realtime"

    def ready(self) -> None:
        """Register the system check."""
        checks.register(check_channel_layer)
{% if cookiecutter.server == 'hypercorn' %}
        # Imported here, since the module imports the server.
        from .hypercorn import restrict_server  # noqa: PLC0415

        restrict_server()
{% endif %}
