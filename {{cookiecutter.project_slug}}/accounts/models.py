"""Users, and recent login attempts."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A user of the site.

    Defined from the first migration on, because replacing Django's own model later is hard. Fields
    can be added at any time.
    """


class LoginAttempt(models.Model):
    """A login that failed or has not succeeded yet, or a request for a password reset.

    It counts for a few minutes. A later attempt deletes it.
    """

    name = models.CharField(max_length=64)
    # Or the device, if the user has logged in on it before.
    network = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Return the network and the time. The name is stored as a digest only."""
        return f"from {self.network} at {self.at:%H:%M:%S}"
