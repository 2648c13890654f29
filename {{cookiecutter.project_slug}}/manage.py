#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run administrative tasks, or say in a sentence what is wrong with the settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.__package }}.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if settings.configured:
            raise
        sys.exit(f"{error}.")


if __name__ == "__main__":
    main()
