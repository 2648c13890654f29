"""Tests of WebSockets whose user logs out, is deactivated or changes their password."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from channels.auth import login, logout
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client as Browser

from realtime import logins
from realtime.logins import user_of
from realtime.testing import Client, session_cookie
from realtime.threads import MAX_THREADS

from .applications import ChatConsumer, application

pytestmark = [
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "correct horse"
USERS = get_user_model().objects
# Unlike the async methods of the ORM, it leaves no connection open.
create_user = database_sync_to_async(USERS.create_user)


class Named(ChatConsumer):
    async def on_name(self, _frame: Any) -> None:
        await self.send_json({"name": self.scope["user"].get_username()})


class Private(Named):
    login_required = True


@pytest.fixture(autouse=True)
def check_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(logins, "CONFIRM_SECONDS", 0.02)


@pytest.fixture
def confirm_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow a busy machine more time between the steps of a login or a password change."""
    monkeypatch.setattr(logins, "CONFIRM_SECONDS", 0.5)


@pytest.fixture
def browser(transactional_db: None) -> Browser:  # noqa: ARG001, for the user
    """Return a browser in which a user has logged in."""
    browser = Browser()
    browser.force_login(USERS.create_user("ada", password=PASSWORD))
    return browser


def cookie_of(browser: Browser) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def client_of(browser: Browser, consumer: type[ChatConsumer] = Named) -> Client:
    return Client(application=application(consumer), headers={"cookie": cookie_of(browser)})


def deactivate(_browser: Browser) -> None:
    USERS.update(is_active=False)


def delete(_browser: Browser) -> None:
    USERS.all().delete()


def set_password(_browser: Browser) -> None:
    user = USERS.get(username="ada")
    user.set_password("another")
    user.save()


@pytest.mark.parametrize(("consumer", "code"), [(Named, 4001), (Private, 4401)])
@pytest.mark.parametrize("end", [Browser.logout, deactivate, delete, set_password])
async def test_websocket_ends_with_the_login(
    browser: Browser, end: Callable[[Browser], None], consumer: type[ChatConsumer], code: int
) -> None:
    bob = Browser()
    await database_sync_to_async(bob.force_login)(await create_user("bob"))
    async with (
        client_of(browser, consumer) as client,
        Client(application=application(Named)) as guest,
    ):
        await database_sync_to_async(end)(browser)
        assert await client.receive_close() == code
        assert await guest.ask({"type": "name"}) == {"name": ""}


@pytest.mark.usefixtures("confirm_late")
async def test_users_who_change_their_password_stay(browser: Browser) -> None:
    elsewhere = Browser()
    await database_sync_to_async(lambda: elsewhere.force_login(USERS.get()))()
    new = "a new horse"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    async with client_of(browser) as own, client_of(elsewhere) as other:
        response = await database_sync_to_async(browser.post)("/accounts/password_change/", fields)
        assert response.status_code == 302
        assert await other.receive_close() == 4001
        assert await own.ask({"type": "name"}) == {"name": "ada"}
        # The WebSocket belongs to the session with the new key.
        await database_sync_to_async(browser.logout)()
        assert await own.receive_close() == 4001


async def test_moved_session_is_read_once_for_all_its_websockets(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    is_read = threading.Event()

    def read(session: Any) -> Any:
        user = user_of(session)
        reads.append(user)
        is_read.set()
        return user

    def move() -> None:
        session = browser.session
        session.cycle_key()
        browser.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)

    monkeypatch.setattr(logins, "user_of", read)
    together, headers = application(Named), {"cookie": cookie_of(browser)}
    async with AsyncExitStack() as stack:
        clients = [Client(application=together, headers=headers) for _ in range(3)]
        for client in clients:
            await stack.enter_async_context(client)
        await database_sync_to_async(move)()
        assert await asyncio.to_thread(is_read.wait, 10)
        await database_sync_to_async(browser.logout)()
        assert [await client.receive_close() for client in clients] == [4001] * 3
    assert len(reads) == 1


async def test_deactivated_user_does_not_disconnect_others(browser: Browser) -> None:
    bob = await create_user("bob")
    headers = {"cookie": await database_sync_to_async(session_cookie)(bob)}
    async with (
        client_of(browser) as client,
        Client(application=application(Named), headers=headers) as other,
    ):
        await database_sync_to_async(USERS.filter(username="ada").update)(is_active=False)
        assert await client.receive_close() == 4001
        assert await other.ask({"type": "name"}) == {"name": "bob"}


async def test_guest_whose_session_still_names_a_user_stays(browser: Browser) -> None:
    await database_sync_to_async(set_password)(browser)
    bob = await database_sync_to_async(session_cookie)(await create_user("bob"))
    together = application(Named)
    async with (
        Client(application=together, headers={"cookie": cookie_of(browser)}) as guest,
        Client(application=together, headers={"cookie": bob}) as client,
    ):
        await database_sync_to_async(USERS.filter(username="bob").update)(is_active=False)
        assert await client.receive_close() == 4001
        assert await guest.ask({"type": "name"}) == {"name": ""}


async def test_busy_consumers_do_not_delay_disconnects(browser: Browser) -> None:
    done = threading.Event()

    class Busy(Named):
        async def on_wait(self, _frame: Any) -> None:
            await database_sync_to_async(done.wait)()

    async with client_of(browser) as client, AsyncExitStack() as stack:
        for _ in range(MAX_THREADS):
            other = await stack.enter_async_context(Client(application=application(Busy)))
            await other.send_json({"type": "wait"})
        # Runs before the clients disconnect.
        stack.callback(done.set)
        await database_sync_to_async(deactivate)(browser)
        assert await client.receive_close() == 4001


@pytest.mark.usefixtures("confirm_late")
async def test_login_in_a_consumer_is_checked() -> None:
    class Entrance(Named):
        async def on_login(self, _frame: Any) -> None:
            await login(self.scope, user, "django.contrib.auth.backends.ModelBackend")
            await self.scope["session"].asave()
            await self.on_name({})

        async def on_logout(self, _frame: Any) -> None:
            await logout(self.scope)
            await self.on_name({})

    user = await create_user("ada")
    async with Client(application=application(Entrance)) as client:
        assert await client.ask({"type": "login"}) == {"name": "ada"}
        assert await client.ask({"type": "logout"}) == {"name": ""}
        await asyncio.sleep(0.1)
        assert await client.ask({"type": "login"}) == {"name": "ada"}
        await database_sync_to_async(USERS.update)(is_active=False)
        assert await client.receive_close() == 4001
