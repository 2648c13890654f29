"""Tests of sessions whose key changes."""

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


def test_new_key_is_found(session: SessionStore) -> None:
    old = key_of(session)
    session.cycle_key()
    middle = key_of(session)
    session.cycle_key()
    assert SessionStore.current_keys([old, middle]) == dict.fromkeys([old, middle], key_of(session))
    session.flush()
    assert SessionStore.current_keys([old, middle]) == {}


def test_new_key_is_unknown_if_two_requests_change_it(session: SessionStore) -> None:
    # The browser keeps one of the new keys, and a logout would end only that session.
    old = key_of(session)
    requests = [SessionStore(old) for _ in range(3)]
    for request in requests:
        assert SESSION_KEY in request
    for request in requests:
        request.cycle_key()
    assert SessionStore.current_keys([old]) == {}
    keys = [key_of(request) for request in requests]
    assert SessionStore.current_keys(keys) == {key: key for key in keys}
