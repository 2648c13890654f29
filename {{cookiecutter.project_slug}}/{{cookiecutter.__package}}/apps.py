"""Django's description of the project itself."""

from django.apps import AppConfig
from django.core import checks

from .checks import one_process_only


class ProjectConfig(AppConfig):
    """What belongs to no single app: settings, WebSockets, health."""

    name = "{{ cookiecutter.__package }}"

    def ready(self) -> None:
        """Register the project's own system check."""
        checks.register(one_process_only)
