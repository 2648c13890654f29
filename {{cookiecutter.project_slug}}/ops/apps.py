"""Configuration of the operations app."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Health checks, metrics, logs and security headers."""

    name = "ops"
