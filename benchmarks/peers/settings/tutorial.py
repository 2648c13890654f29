"""The project's settings, with the consumers of the Channels tutorial."""

from mysite.settings import *  # noqa: F403, a settings module is made of names

ASGI_APPLICATION = "tutorial.application"
