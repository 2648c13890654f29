"""Sessions, in the database."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Asks the database for a key that can be one; PostgreSQL fails at a text with a NUL in it."""

    def __init__(self, session_key: str | None = None) -> None:
        """Take the key that a client sent, if any."""
        super().__init__(session_key if session_key and session_key.isalnum() else None)
