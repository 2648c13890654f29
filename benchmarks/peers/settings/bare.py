"""Settings for `manage.py serve` alone: the application that it starts does not use Django."""

from mysite.settings import *  # noqa: F403, a settings module is made of names

ASGI_APPLICATION = "bare.application"
