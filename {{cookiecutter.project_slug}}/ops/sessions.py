"""Sessions in the database."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Self

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

# Suffix of the old key in the record of a session's new key. Keys of clients can't contain it.
MOVED = ".moved"
# Time for all processes to read that record.
MOVED_LIFETIME = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """Session store that records the new key when Django changes the key of a session.

    It ignores malformed keys, since PostgreSQL raises an error for NUL.
    """

    def __init__(self, session_key: str | None = None) -> None:
        """Use the key that a client sent if it is well-formed."""
        super().__init__(session_key if session_key and session_key.isalnum() else None)

    def cycle_key(self) -> None:
        """Change the key, and record the new one so that open WebSockets keep the session.

        Django changes it when users log in or change their own password.
        """
        old = self.session_key
        super().cycle_key()
        self._record_move(old)

    async def acycle_key(self) -> None:
        """Change the key and record the new one, in async code."""
        old = self.session_key
        await super().acycle_key()
        await sync_to_async(self._record_move)(old)

    @classmethod
    def current_keys(cls, keys: Iterable[str]) -> dict[str, str]:
        """Return the current key for each of these keys whose session has not ended."""
        sessions = cls.get_model_class().objects.filter(expire_date__gt=timezone.now())
        open_sessions = sessions.filter(session_key__in=keys)
        current = {key: key for key in open_sessions.values_list("session_key", flat=True)}
        if missing := [key for key in keys if key not in current]:
            records = sessions.filter(session_key__in=[key + MOVED for key in missing])
            moves = {row.session_key.removesuffix(MOVED): row.session_data for row in records}
            if moves:
                known = cls.current_keys(moves.values())
                current |= {old: known[new] for old, new in moves.items() if new in known}
        return current

    def become(self, other: Self) -> None:
        """Replace the key and the content with those of another session."""
        self.__dict__.update(other.__dict__)

    def _record_move(self, old: str | None) -> None:
        """Record the new key, for WebSockets that were opened with the old one."""
        if old and self.session_key and SESSION_KEY in self:
            record, created = self.get_model_class().objects.get_or_create(
                session_key=old + MOVED,
                defaults={
                    "session_data": self.session_key,
                    "expire_date": timezone.now() + MOVED_LIFETIME,
                },
            )
            if not created:
                # Another request has changed the key too. The browser may keep either new key.
                record.session_data = ""
                record.save()
