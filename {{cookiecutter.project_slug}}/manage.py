#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from environs import EnvError


def main() -> None:
    """Run administrative tasks. An invalid setting is reported in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{{ cookiecutter.__package }}.settings")
    try:
        execute_from_command_line(sys.argv)
    except (EnvError, ImproperlyConfigured) as error:
        if settings.configured:
            raise
        sys.exit(f"{error}\n.env.example describes the variables. In development, copy it to .env.")


if __name__ == "__main__":
    main()
