"""Tests of sessions that Django gives a new key."""

import pytest
from django.contrib.auth import SESSION_KEY

from ops.sessions import SessionStore


@pytest.fixture
def session(db: None) -> SessionStore:  # noqa: ARG001, for the session
    """Return the session of a user."""
    session = SessionStore()
    session[SESSION_KEY] = "1"
    session.save()
    return session


def key_of(session: SessionStore) -> str:
    assert session.session_key
    return session.session_key


def test_moved_session_is_followed(session: SessionStore) -> None:
    old = key_of(session)
    session.cycle_key()
    middle = key_of(session)
    session.cycle_key()
    assert SessionStore.current_keys([old, middle]) == dict.fromkeys([old, middle], key_of(session))
    session.flush()
    assert SessionStore.current_keys([old, middle]) == {}


def test_session_that_two_requests_move_is_not_followed(session: SessionStore) -> None:
    # Nobody knows which of the keys the browser keeps: a logout would end one only.
    old = key_of(session)
    requests = [SessionStore(old) for _ in range(3)]
    for request in requests:
        assert SESSION_KEY in request
    for request in requests:
        request.cycle_key()
    assert SessionStore.current_keys([old]) == {}
    keys = [key_of(request) for request in requests]
    assert SessionStore.current_keys(keys) == {key: key for key in keys}
