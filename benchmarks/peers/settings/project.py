"""The project's settings, with the consumers that only the benchmarks need."""

from mysite.settings import *  # noqa: F403, a settings module is made of names

ASGI_APPLICATION = "project.application"
