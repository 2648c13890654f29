#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run administrative tasks, or say in a sentence which setting is missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.__package }}.settings")
    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except ImproperlyConfigured as error:
        sys.exit(
            f"{error}.\n"
            "In development, copy .env.example to .env; in production, set it in the environment."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
