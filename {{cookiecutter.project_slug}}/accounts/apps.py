"""Configuration of the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users and their logins."""

    name = "accounts"
