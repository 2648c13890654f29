"""Mail servers, and mail in development."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends import console

# The default port of each scheme.
PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def smtp(url: str) -> dict[str, Any]:
    """Return the server that EMAIL_URL names, as options of Django's SMTP backend."""
    try:
        server = urlsplit(url)
        default_port = PORTS[server.scheme]
        return {
            "host": server.hostname or "localhost",
            "port": server.port or default_port,
            "username": unquote(server.username or ""),
            "password": unquote(server.password or ""),
            "use_tls": server.scheme == "smtp+tls",
            "use_ssl": server.scheme == "smtp+ssl",
            "timeout": 10,
        }
    except (KeyError, ValueError):
        # Without the value, which may contain a password.
        raise ImproperlyConfigured(
            "EMAIL_URL must be like smtp+tls://user:password@host:587."
        ) from None


class EmailBackend(console.EmailBackend):
    """Console backend that decodes messages, since Django's own breaks long links."""

    def write_message(self, message: EmailMessage) -> None:
        """Write a message."""
        self.stream.write(
            f"From: {message.from_email}\nTo: {', '.join(message.recipients())}\n"
            f"Subject: {message.subject}\n\n{message.body}\n{'-' * 79}\n"
        )
