"""Configuration of the app."""

from django.apps import AppConfig


class {{ cookiecutter.__app_class }}Config(AppConfig):
    """The app `{{ cookiecutter.app }}`."""

    name = "{{ cookiecutter.app }}"
