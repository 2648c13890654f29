"""Sessions in the database."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Session store that ignores malformed keys: PostgreSQL raises an error for NUL."""

    def __init__(self, session_key: str | None = None) -> None:
        """Use the key that a client sent if it is well-formed."""
        super().__init__(session_key if session_key and session_key.isalnum() else None)
