"""Prepare a project for `manage.py serve`, and print a session key for each of its users.

The users have been created for the benchmarks and are logged in.
"""

import json
import sys

import django

django.setup()

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
sessions = {}
for number in range(int(sys.argv[1])):
    user = get_user_model().objects.create_user(f"user-{number}")
    client = Client()
    client.force_login(user)
    sessions[user.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value
sys.stdout.write(json.dumps(sessions))
