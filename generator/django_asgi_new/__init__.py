"""Makes a Django project that serves a live page over WebSockets."""

import json

from django_asgi_new import template

__all__ = ["PROGRAM", "__version__"]

PROGRAM = "django-asgi-new"

__version__: str = json.loads(template.QUESTIONS.read_text(encoding="utf-8"))["_template_version"]
