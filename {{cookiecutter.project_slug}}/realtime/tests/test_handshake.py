"""Tests of the handshake: origin, host, path, session and user."""

from typing import Any
from unittest.mock import AsyncMock

import pytest
from channels.auth import login, logout
from channels.db import database_sync_to_async
from channels.exceptions import DenyConnection
from channels.layers import get_channel_layer
from channels.routing import get_default_application
from django.conf import LazySettings
from django.contrib.auth import get_user_model

from realtime.authentication import AuthMiddlewareStack
from realtime.testing import Client, session_cookie

from .applications import ChatConsumer, application, variants

pytestmark = pytest.mark.asyncio(loop_scope="package")

chat = application(ChatConsumer)


async def is_accepted(origin: str | None = None, scheme: str = "ws", **headers: str) -> bool:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(application=chat, origin=origin, scheme=scheme, headers=fields)
    accepted = await client.connect()
    if accepted:
        await client.disconnect()
    return accepted


async def test_origin_must_be_the_site(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "[::1]"]
    for host, origin in (
        ("localhost", "http://localhost"),
        ("localhost:8000", "http://localhost:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
    ):
        assert await is_accepted(origin, host=host), origin
    foreign: tuple[str | None, ...] = (
        "https://evil.example",
        "http://localhost:8000",
        "https://localhost",
        "https://localhost.evil.example",
        "https://localhost@evil.example",
        "file://localhost",
        "http://[",
        "http://[::1]x",
        "http://user@localhost",
        "http://localhost/",
        "http://localhost:port",
        "http://local\thost",
        " http://localhost",
        "null",
        "",
        None,
    )
    for other in foreign:
        assert not await is_accepted(other), other


async def test_subdomains_of_localhost_are_allowed_in_development(settings: LazySettings) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, []
    for host in ("a.localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]"):
        assert await is_accepted(f"http://{host}", host=host), host


async def test_host_must_be_allowed(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    assert await is_accepted("http://www.example.com", host="www.example.com")
    assert not await is_accepted("http://example.org", host="example.org")
    assert "ALLOWED_HOSTS" in caplog.text


async def test_other_origins_may_be_trusted(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await is_accepted("https://app.example.com")
    assert "CSRF_TRUSTED_ORIGINS" in caplog.text
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example.com", "https://*.example.org"]
    assert await is_accepted("https://app.example.com")
    assert await is_accepted("https://a.b.example.org")
    assert not await is_accepted("http://app.example.com")


async def test_http_page_may_not_open_a_secure_websocket(settings: LazySettings) -> None:
    assert await is_accepted("https://localhost", scheme="wss")
    assert not await is_accepted("http://localhost", scheme="wss")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for forwarded in ("https", "wss", "https, http"):
        assert await is_accepted("https://localhost", x_forwarded_proto=forwarded), forwarded
        assert not await is_accepted("http://localhost", x_forwarded_proto=forwarded), forwarded


async def test_proxy_must_be_trusted(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await is_accepted("https://localhost", x_forwarded_proto="https")
    assert "BEHIND_TLS_PROXY" in caplog.text
    caplog.clear()
    settings.SECURE_SSL_REDIRECT = True
    assert not await is_accepted("http://localhost")
    assert "BEHIND_TLS_PROXY" in caplog.text


@pytest.mark.parametrize("refusal", [DenyConnection(), None], ids=["raised", "closed"])
async def test_consumer_may_refuse(refusal: Exception | None) -> None:
    class Refusing(ChatConsumer):
        async def connect(self) -> None:
            if refusal:
                raise refusal
            await self.close()

    assert not await Client(application=application(Refusing)).connect()


async def test_consumer_may_refuse_with_a_code() -> None:
    class Refusing(ChatConsumer):
        async def connect(self) -> None:
            await self.refuse(4403)

    async with Client(application=application(Refusing)) as client:
        assert await client.receive_close() == 4403


async def test_consumer_can_require_a_login() -> None:
    class Private(ChatConsumer):
        login_required = True

    for app in variants(Private):
        async with Client(application=app) as client:
            assert await client.receive_close() == 4401


async def test_all_cookie_headers_are_read() -> None:
    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        cookies.update(scope["cookies"])

    cookies: dict[str, str] = {}
    headers = [(b"cookie", b"a=1; "), (b"cookie", b"b=2")]
    await AuthMiddlewareStack(application)({"type": "websocket", "headers": headers}, None, None)
    assert cookies == {"a": "1", "b": "2"}


@pytest.mark.django_db(transaction=True)
async def test_user_is_kept_when_the_secret_key_is_rotated(settings: LazySettings) -> None:
    class Named(ChatConsumer):
        async def on_name(self, _frame: Any) -> None:
            await self.send_json({"name": self.scope["user"].get_username()})

    user = await database_sync_to_async(get_user_model().objects.create_user)("ada")
    headers = {"cookie": await database_sync_to_async(session_cookie)(user)}
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "rotated"
    # Django would give the session a new key on the first use.
    for _ in range(2):
        async with Client(application=application(Named), headers=headers) as client:
            assert await client.ask({"type": "name"}) == {"name": "ada"}


@pytest.mark.django_db(transaction=True)
async def test_consumer_may_log_in_and_out_and_save_the_session() -> None:
    class Session(ChatConsumer):
        async def reply(self) -> None:
            session = self.scope["session"]
            session["count"] = session.get("count", 0) + 1
            await session.asave()
            name = self.scope["user"].get_username()
            await self.send_json({"name": name, "count": session["count"]})

        async def on_count(self, _frame: Any) -> None:
            await self.reply()

        async def on_login(self, _frame: Any) -> None:
            await login(self.scope, user, "django.contrib.auth.backends.ModelBackend")
            await self.reply()

        async def on_logout(self, _frame: Any) -> None:
            await logout(self.scope)
            await self.reply()

    user = await database_sync_to_async(get_user_model().objects.create_user)("ada")
    headers = {"cookie": await database_sync_to_async(session_cookie)(user)}
    for count in (1, 2):
        async with Client(application=application(Session), headers=headers) as client:
            assert await client.ask({"type": "count"}) == {"name": "ada", "count": count}
    async with Client(application=application(Session)) as guest:
        assert await guest.ask({"type": "login"}) == {"name": "ada", "count": 1}
        assert await guest.ask({"type": "logout"}) == {"name": "", "count": 1}


@pytest.mark.parametrize("kind", ["x; a*=none''x", "x; a*=utf-8''%00; a*0=x"])
async def test_handshake_is_answered_whatever_its_headers(kind: str) -> None:
    # Some releases of Django and Python refuse these, but none may fail.
    assert await is_accepted("http://localhost", content_type=kind) in {True, False}


async def test_unknown_path_is_refused() -> None:
    assert not await Client("/ws/nothing/").connect()


@pytest.mark.parametrize("prefix", ["/app", ""], ids=["passed on", "removed"])
async def test_proxy_may_remove_the_prefix(settings: LazySettings, prefix: str) -> None:
    settings.FORCE_SCRIPT_NAME = "/app"
    async with Client(prefix + "/ws/{{ cookiecutter.app }}/"):
        pass


async def test_refusal_requires_no_channel_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    layer: Any = get_channel_layer()
    monkeypatch.setattr(layer, "new_channel", AsyncMock(side_effect=OSError("refused")))
    assert not await is_accepted("https://evil.example")
    assert not await Client("/ws/nothing/", application=get_default_application()).connect()
