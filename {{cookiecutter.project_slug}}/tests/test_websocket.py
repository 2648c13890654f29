"""What a client of the WebSocket meets."""

import json
from datetime import datetime

import pytest
from channels.exceptions import DenyConnection
from channels.layers import get_channel_layer
from django.conf import LazySettings, settings
from django.contrib.auth import get_user_model
from django.test import Client as Browser

from {{ cookiecutter.app }} import consumers

from .client import Client

# Channels closes stale database connections before each event, so every connection touches it.
pytestmark = pytest.mark.django_db(transaction=True)


async def test_message_reaches_everyone() -> None:
    async with Client() as alice, Client() as bob:
        sent = await alice.ask('{"message": "你好!"}')
        assert sent["type"] == "message"
        assert sent["message"] == "你好!"
        assert sent["sender"].startswith("guest-")
        assert datetime.fromisoformat(sent["sent_at"]).tzinfo
        assert await bob.receive() == sent


@pytest.fixture
def cookie(client: Browser) -> str:
    """Log a user in, by code that is not async: that would leave a database connection open."""
    client.force_login(get_user_model().objects.create_user("ada"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


async def test_sender_is_the_user_who_logged_in(cookie: str) -> None:
    async with Client(headers={"cookie": cookie}) as client:
        assert (await client.ask('{"message": "hi"}'))["sender"] == "ada"


async def test_ping_is_answered_to_the_one_who_asked() -> None:
    async with Client() as alice, Client() as bob:
        assert await alice.ask('{"type": "ping", "ref": "7"}') == {"type": "pong", "ref": "7"}
        # A pong for everyone would have come before this message for everyone.
        await alice.send(text='{"message": "hi"}')
        assert (await bob.receive())["type"] == "message"


async def test_bad_frame_is_answered_and_the_connection_kept() -> None:
    async with Client() as client:
        for text, code in (
            ("", "bad_json"),
            ("not JSON", "bad_json"),
            ('"text"', "bad_json"),
            ('{"message": "\\ud800"}', "bad_json"),
            ("[" * 50_000, "bad_json"),
            ('{"message": 1}', "bad_type"),
            ('{"type": "message"}', "bad_type"),
            ('{"type": "disconnect"}', "unknown_type"),
            ('{"type": ["ping"]}', "unknown_type"),
            ('{"type": "ping", "ref": [1]}', "bad_type"),
            (json.dumps({"type": "ping", "ref": "x" * 101}), "bad_type"),
            (json.dumps({"message": "x" * settings.WS_MAX_MESSAGE_BYTES}), "too_large"),
        ):
            answer = await client.ask(text)
            assert (answer["type"], answer["code"]) == ("error", code), text[:50]
            assert (await client.ask('{"message": "still here"}'))["message"] == "still here"


async def test_binary_frame_is_answered_and_the_connection_kept() -> None:
    async with Client() as client:
        await client.send(data=b"\x00")
        assert (await client.receive())["code"] == "binary"
        assert (await client.ask('{"type": "ping"}'))["type"] == "pong"


async def test_error_reaches_only_the_one_who_caused_it() -> None:
    async with Client() as alice, Client() as bob:
        assert (await alice.ask("not JSON"))["type"] == "error"
        await alice.send(text='{"message": "hi"}')
        assert (await bob.receive())["type"] == "message"


async def test_error_names_the_frame_that_caused_it() -> None:
    async with Client() as client:
        assert (await client.ask('{"type": "none", "ref": 3}'))["ref"] == 3


async def test_message_that_can_not_be_passed_on_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: str) -> None:
        raise OSError("connection refused")

    async with Client() as client:
        monkeypatch.setattr(consumers, "broadcast", refuse)
        assert (await client.ask('{"message": "hi"}'))["code"] == "not_delivered"
        assert (await client.ask('{"type": "ping"}'))["type"] == "pong"


async def test_path_may_lack_its_slash() -> None:
    async with Client("/ws/{{ cookiecutter.app }}"):
        pass


async def test_foreign_or_missing_origin_is_refused(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "[::1]"]
    for origin in (
        "https://evil.example",
        "https://localhost.evil.example",
        "https://localhost@evil.example",
        "file://localhost",
        "http://[",
        "http://[::1]x",
        "http://[::1].evil.example",
        "http://evil.example[::1]",
        "http://user@localhost",
        "http://localhost/",
        "http://localhost:port",
        "http://local\thost",
        " http://localhost",
        "null",
        "",
        None,
    ):
        assert not await Client(origin=origin).connect(), origin


async def test_origin_is_compared_as_the_host_of_a_page(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "[::1]"]
    hosts = ("http://localhost:8000", "https://localhost.", "http://[::1]", "http://[::1]:8000")
    for origin in hosts:
        async with Client(origin=origin):
            pass


async def test_page_that_came_in_plain_text_opens_no_secure_websocket(
    settings: LazySettings,
) -> None:
    settings.BEHIND_TLS_PROXY = True
    for scheme, forwarded in (("wss", ""), ("ws", "https"), ("ws", "wss"), ("ws", "HTTPS, http")):
        plain, secure = (
            Client(origin=origin, scheme=scheme, headers={"x-forwarded-proto": forwarded})
            for origin in ("http://localhost", "https://localhost")
        )
        assert not await plain.connect(), (scheme, forwarded)
        async with secure:
            pass


@pytest.mark.parametrize("refusal", [DenyConnection(), None], ids=["raised", "closed"])
async def test_consumer_may_refuse(
    monkeypatch: pytest.MonkeyPatch, refusal: Exception | None
) -> None:
    async def connect(consumer: consumers.{{ cookiecutter.__app_class }}Consumer) -> None:
        if refusal:
            raise refusal
        await consumer.close()

    monkeypatch.setattr(consumers.{{ cookiecutter.__app_class }}Consumer, "connect", connect)
    assert not await Client().connect()


async def test_unknown_path_is_refused() -> None:
    assert not await Client("/ws/nothing/").connect()


async def test_refusal_needs_no_channel_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse() -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(get_channel_layer(), "new_channel", refuse)
    assert not await Client(origin="https://evil.example").connect()
    assert not await Client("/ws/nothing/").connect()
