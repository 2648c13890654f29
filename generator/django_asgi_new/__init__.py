"""Makes a Django project that serves a live page over WebSockets."""

import json

from django_asgi_new import template

__all__ = ["GROUP", "PROGRAM", "__version__"]

PROGRAM = "django-asgi-new"
# The program with all commands, whose `new` is the program above.
GROUP = "django-asgi"

__version__: str = json.loads(template.QUESTIONS.read_text(encoding="utf-8"))["_template_version"]
