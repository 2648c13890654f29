"""Users, and the logins that failed a short while ago."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A user of the site.

    A model of the project's own from the first migration on: fields can be added at any time, but
    Django's model could hardly be replaced later.
    """


class LoginAttempt(models.Model):
    """A login that has failed, or has not succeeded yet.

    After some minutes it counts no more; the next login, whoever's, deletes it.
    """

    name = models.CharField(max_length=64)
    network = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Say where it came from; the name itself is not known."""
        return f"from {self.network} at {self.at:%H:%M:%S}"
