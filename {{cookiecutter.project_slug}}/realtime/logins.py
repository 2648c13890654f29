"""Logins: a WebSocket is closed when the login that it was opened with has ended.

Each process queries the database for all its users at once, since nothing else reports every
change: signals stay in one process, and `update()` sends none.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY, get_user, get_user_model

from .sockets import Socket
from .threads import DatabaseThreads

logger = logging.getLogger(__name__)

CHECK_SECONDS = 3
# A view that changes a password saves the user first and the session a moment later, and a login in
# a consumer takes several steps.
CONFIRM_SECONDS = 1
# Databases limit the values in a query.
BATCH = 10_000
# The fields of a user whose change ends a login.
FIELDS = ("password", "is_active")
# Consumers may keep all other threads busy.
THREAD = DatabaseThreads(1)


class Snapshot(dict[str, Any]):
    """The content of a session, for code that would also change the session.

    Django gives a session a new key when it was signed with one of SECRET_KEY_FALLBACKS. Over a
    WebSocket the browser would never learn that key, and its user would be logged out.
    """

    def cycle_key(self) -> None:
        """Do nothing: the session keeps its key."""

    def flush(self) -> None:
        """Do nothing: the session keeps its content."""


def user_of(session: Any) -> Any:
    """Return the user of a session, or an AnonymousUser."""
    return get_user(SimpleNamespace(session=Snapshot(session.items())))  # type: ignore[arg-type]


class Login:
    """A WebSocket's session, and its user when it was last checked."""

    def __init__(self, socket: Socket, session: Any, user: Any) -> None:
        self.socket = socket
        self.session = session
        self.key = session.session_key
        # A guest's session may name a user too: one who has changed their password, for example.
        self.user = str(user.pk) if user.is_authenticated else None
        self.state: Any = state_of(user)
        self._named = session.get(SESSION_KEY)

    def refresh(self) -> bool:
        """Return whether a user is logged in. A consumer may log users in and out itself."""
        self.key = self.session.session_key
        if (named := self.session.get(SESSION_KEY)) != self._named:
            self.user, self.state = named and str(named), None
            self._named = named
        return self.key is not None and self.user is not None

    def move(self, session: Any, user: Any) -> bool:
        """Switch to the session with the new key; return whether its user is still logged in."""
        if not user.is_authenticated or str(user.pk) != self.user:
            return False
        self.session.become(deepcopy(session))
        self.state = state_of(user)
        return True


class Logins:
    """The logins of the WebSockets in this process."""

    def __init__(self) -> None:
        self._open: dict[Socket, Login] = {}
        self._checking: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, socket: Socket, session: Any, user: Any) -> Iterator[None]:
        """Close a WebSocket when the login of its user has ended.

        Args:
            socket: The WebSocket.
            session: Its session. A guest's counts too, since a consumer may log the guest in.
            user: Its user, possibly an AnonymousUser.
        """
        self._open[socket] = Login(socket, session, user)
        if self._checking is None:
            self._checking = asyncio.create_task(self._check(), context=Context())
        try:
            yield
        finally:
            del self._open[socket]
            if not self._open:
                self._checking.cancel()
                self._checking = None

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                changed = await find_changed([*self._open.values()])
                if changed:
                    await asyncio.sleep(CONFIRM_SECONDS)
                    changed = await find_changed([*changed])
            except Exception as error:  # noqa: BLE001, each database has its own errors
                logger.warning("Logins could not be checked, retrying: %r", error)
                continue
            by_key: dict[str | None, list[Login]] = {}
            for login, key in changed.items():
                by_key.setdefault(key, []).append(login)
            self._end(by_key.pop(None, []))
            # Together, since a user may have thousands of WebSockets, and other logins wait.
            for key, moved in by_key.items():
                await self._follow(key, moved)

    async def _follow(self, key: Any, logins: list[Login]) -> None:
        """Switch logins to the new key of their session, or end them."""
        try:
            self._end(await in_thread(move, key, logins))
        except Exception as error:  # noqa: BLE001
            logger.warning("A login could not be checked, retrying: %r", error)

    def _end(self, logins: list[Login]) -> None:
        """Close the WebSockets of logins."""
        for login in logins:
            if login.socket in self._open:
                login.socket.disconnect(login.socket.login_code)


async def in_thread(call: Callable[..., Any], *args: Any) -> Any:
    """Return the result of a call that queries the database."""
    return await sync_to_async(call, thread_sensitive=False, executor=THREAD)(*args)


def move(key: str, logins: list[Login]) -> list[Login]:
    """Switch logins to the session with a key; return those whose user it does not log in."""
    session = type(logins[0].session)(key)
    user = user_of(session)
    return [login for login in logins if not login.move(session, user)]


def state_of(user: Any) -> list[Any]:
    """Return the values of a user whose change ends the user's logins."""
    return [getattr(user, field, True) for field in FIELDS]


async def find_changed(logins: list[Login]) -> dict[Login, str | None]:
    """Return the logins that have changed, with the new key of the session or None."""
    current = [login for login in logins if login.refresh()]
    changed: dict[Login, str | None] = {}
    for start in range(0, len(current), BATCH):
        changed |= await in_thread(compare, current[start : start + BATCH])
    return changed


def compare(logins: list[Login]) -> dict[Login, str | None]:
    """Return the logins that differ from the database, with the new key or None."""
    model = get_user_model()
    fields = {field.name for field in model._meta.get_fields()}.intersection(FIELDS)  # noqa: SLF001
    rows = model._default_manager.filter(pk__in={login.user for login in logins})  # noqa: SLF001
    users = {
        str(row["pk"]): [row.get(field, True) for field in FIELDS]
        for row in rows.values("pk", *fields)
    }
    keys = [login.key for login in logins]
    # Other kinds of sessions can't be looked up together: only their users are checked.
    find = getattr(type(logins[0].session), "current_keys", None)
    current = find(keys) if find else dict(zip(keys, keys, strict=True))
    changed = {}
    for login in logins:
        key, state = current.get(login.key), users.get(login.user or "")
        if login.state is None and (user := user_of(login.session)).is_authenticated:
            login.state = state_of(user)
        if key != login.key:
            changed[login] = key
        elif state != login.state:
            changed[login] = None
    return changed
