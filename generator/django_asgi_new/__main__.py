"""Lets `python -m django_asgi_new` do what `django-asgi-new` does."""

from django_asgi_new.cli import main

main()
