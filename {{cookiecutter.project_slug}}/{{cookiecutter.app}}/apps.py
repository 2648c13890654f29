"""Django's description of the app."""

from django.apps import AppConfig


class {{ cookiecutter.app|replace('_', ' ')|title|replace(' ', '') }}Config(AppConfig):
    """The app `{{ cookiecutter.app }}`."""

    name = "{{ cookiecutter.app }}"
