"""Tests of JsonConsumer: frames, errors, groups and presence."""

import asyncio
import json
import logging
{% if cookiecutter.layer == 'redis' %}
import os
{% endif %}
import threading
{% if cookiecutter.layer == 'redis' %}
from contextlib import AsyncExitStack
{% endif %}
from typing import Any
{% if cookiecutter.layer == 'redis' %}
from unittest.mock import Mock
{% endif %}

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings as current
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
{% if cookiecutter.layer == 'redis' %}
from redis.asyncio import from_url
{% endif %}

from realtime import presence
from realtime.consumers import Frame, JsonConsumer
{% if cookiecutter.layer == 'redis' %}
from realtime.groups import Group
{% endif %}
from realtime.send import send_to_group, send_to_user
from realtime.testing import SECONDS, Client

{% if cookiecutter.layer == 'redis' %}
from .applications import (
    BOTH,
    GROUP,
    ChannelConsumer,
    ChatConsumer,
    NewsWithoutChannel,
    application,
    chat,
)
{% else %}
from .applications import BOTH, GROUP, ChannelConsumer, ChatConsumer, chat
{% endif %}

pytestmark = pytest.mark.asyncio(loop_scope="package")


@BOTH
async def test_message_reaches_everyone(consumer: type[JsonConsumer]) -> None:
    async with chat(consumer) as alice, chat(consumer) as bob:
        sent = await alice.ask('{"message": "你好!"}')
        assert sent == {"type": "message", "message": "你好!"}
        assert await bob.receive_json() == sent
        # Once only.
        assert (await bob.ask('{"type": "ping"}'))["type"] == "pong"


async def test_ping_is_answered_to_its_sender_only() -> None:
    async with chat() as alice, chat() as bob:
        assert await alice.ask('{"type": "ping", "ref": "7"}') == {"type": "pong", "ref": "7"}
        # A pong for everyone would have arrived before this message for everyone.
        await alice.send_json({"message": "hi"})
        assert (await bob.receive_json())["type"] == "message"


async def test_bad_frame_is_answered_and_the_connection_kept() -> None:
    async with chat() as client, chat() as bob:
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
            (json.dumps({"message": "x" * current.WS_MAX_MESSAGE_BYTES}), "too_large"),
        ):
            answer = await client.ask(text)
            assert (answer["type"], answer["code"]) == ("error", code), text[:50]
            assert (await client.ask('{"message": "still here"}'))["message"] == "still here"
            # Other clients receive no error.
            assert (await bob.receive_json())["message"] == "still here"
        await client.send(data=b"\x00")
        assert (await client.receive_json())["code"] == "binary"
        assert (await client.ask('{"type": "none", "ref": 3}'))["ref"] == 3


@BOTH
async def test_client_that_left_a_group_receives_nothing(consumer: type[JsonConsumer]) -> None:
    class Leaving(consumer):  # type: ignore[misc, valid-type]
        async def on_leave(self, _frame: Frame) -> None:
            await self.leave(GROUP)

    async with chat(Leaving) as alice, chat(consumer) as bob:
        await alice.send_json({"type": "leave"})
        assert (await alice.ask('{"type": "ping"}'))["type"] == "pong"
        assert (await bob.ask('{"message": "hi"}'))["type"] == "message"
        assert (await alice.ask('{"type": "ping"}'))["type"] == "pong"


@pytest.mark.django_db(transaction=True)
async def test_user_is_reached_on_every_connection() -> None:
    create_user = database_sync_to_async(get_user_model().objects.create_user)
    ada, bob = await create_user("ada"), await create_user("bob")
    for consumer in (ChatConsumer, ChannelConsumer):
        async with (
            chat(consumer, user=ada) as first,
            chat(consumer, user=ada) as second,
            chat(consumer) as guest,
        ):
            await send_to_user(bob, {"type": "not for ada"})
            await send_to_user(ada, {"type": "notice"})
            assert await first.receive_json() == await second.receive_json() == {"type": "notice"}
            await send_to_group(GROUP, {"type": "for all"})
            assert (await guest.receive_json())["type"] == "for all"


async def test_frame_from_another_thread_arrives_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    original = loop.call_soon
    threads = set()

    def call_soon(*args: Any, **options: Any) -> asyncio.Handle:
        threads.add(threading.current_thread())
        return original(*args, **options)

    monkeypatch.setattr(loop, "call_soon", call_soon)
    async with chat() as client:
        await asyncio.to_thread(async_to_sync(send_to_group), GROUP, {"type": "notice"})
        assert await client.receive_json() == {"type": "notice"}
    # From another thread, only call_soon_threadsafe wakes the loop.
    assert threads == {threading.current_thread()}


async def test_send_to_user_requires_a_saved_user() -> None:
    for user in (None, AnonymousUser()):
        with pytest.raises(TypeError, match="saved user"):
            await send_to_user(user, {"type": "notice"})


async def test_client_raises_the_error_of_its_consumer() -> None:
    class Failing(ChatConsumer):
        async def on_fail(self, _frame: Frame) -> None:
            raise ZeroDivisionError

    async def fail() -> None:
        async with chat(Failing) as client:
            await client.send_json({"type": "fail"})
            raise KeyError("the test's own")

    client = chat(Failing)
    assert await client.connect()
    with pytest.raises(ZeroDivisionError):
        await client.ask({"type": "fail"})
    with pytest.raises(KeyError, match="the test's own"):
        await fail()


async def test_client_explains_what_connect_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Early(ChatConsumer):
        async def connect(self) -> None:
            await self.send_json({"type": "early"})

    class Undecided(ChatConsumer):
        async def connect(self) -> None:
            pass

    with pytest.raises(AssertionError, match="sends before it accepts"):
        await chat(Early).connect()
    monkeypatch.setattr("realtime.testing.client.SECONDS", 0.01)
    with pytest.raises(AssertionError, match="neither accepted nor refused"):
        await chat(Undecided).connect()


@pytest.mark.django_db
async def test_client_explains_that_the_test_is_in_a_transaction() -> None:
    class Refusing(ChatConsumer):
        async def connect(self) -> None:
            await self.close()

    async def answer() -> None:
        async with chat() as client:
            await client.send_json({"type": "ping"})
            await client.receive_close()

    async def close() -> None:
        async with chat(RefusingWithCode) as client:
            await client.receive_json()

    async def refuse() -> None:
        async with chat(Refusing):
            pass

    class RefusingWithCode(ChatConsumer):
        async def connect(self) -> None:
            await self.refuse(4403)

    for failing in (answer, close, refuse):
        with pytest.raises(AssertionError, match=r"django_db\(transaction=True\)"):
            await failing()


@pytest.fixture
def frequent_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report changes sooner than in production, and nothing without a change."""
    monkeypatch.setattr(presence, "INTERVAL_SECONDS", 0.02)
    monkeypatch.setattr(presence, "REPEAT_SECONDS", 2 * SECONDS)


async def online(client: Client) -> int:
    """Return the number in the next frame, which must report presence."""
    frame = await client.receive_json()
    assert frame["type"] == "presence"
    return int(frame["online"])


@pytest.mark.usefixtures("frequent_presence")
async def test_presence_is_reported_on_request() -> None:
    async with chat() as alice, chat() as bob:
        await alice.send_json({"type": "presence"})
        assert await online(alice) == 2
        async with chat():
            assert await online(alice) == 3
        assert await online(alice) == 2
        # A number for Bob would have arrived before this answer.
        assert (await bob.ask('{"type": "ping"}'))["type"] == "pong"


@pytest.mark.usefixtures("frequent_presence")
async def test_crashed_consumer_is_not_present() -> None:
    codes = []

    class Crashing(ChatConsumer):
        async def on_crash(self, _frame: Frame) -> None:
            raise ZeroDivisionError

        async def disconnect(self, code: int) -> None:
            codes.append(code)

    async with chat() as alice:
        bob = chat(Crashing)
        assert await bob.connect()
        await alice.send_json({"type": "presence"})
        assert await online(alice) == 2
        await bob.send_json({"type": "crash"})
        with pytest.raises(ZeroDivisionError):
            await bob.wait(SECONDS)
        assert codes == [1006]
        assert await online(alice) == 1


async def test_blocking_consumers_do_not_delay_each_other() -> None:
    together = threading.Barrier(10)

    class Blocking(ChatConsumer):
        async def on_block(self, _frame: Frame) -> None:
            # No consumer continues before all ten are waiting.
            await sync_to_async(together.wait)(SECONDS)
            await self.send_json({"type": "passed"})

    connected = [chat(Blocking) for _ in range(10)]
    assert all([await client.connect() for client in connected])
    answers = await asyncio.gather(*(client.ask('{"type": "block"}') for client in connected))
    assert {answer["type"] for answer in answers} == {"passed"}
    for client in connected:
        await client.disconnect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("frequent_presence")
async def test_invalid_events_of_other_programs_are_skipped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Otherwise the log would contain hundreds of tracebacks.
    caplog.set_level(logging.CRITICAL)
    layer: Any = get_channel_layer()
    frame = {"type": "realtime.send", "text": '{"type": "forged"}'}
    types: list[Any] = [None, 1, b"realtime.send", [], {}, "", "_", "on_message", "on.ping", "\n"]
    values: list[Any] = [None, -1, 0.5, 10**15, "01", "9" * 4000, [], {}, b"1"]
    wrong: list[tuple[str, dict[str, Any]]] = [
        (group, {**event, "type": kind})
        for group in (GROUP, f"{GROUP}.presence", "realtime.users")
        for kind in types
        for event in ({}, frame)
    ]
    for value in values:
        wrong += [
            (GROUP, {**frame, "text": value}),
            ("realtime.users", {**frame, "user": value}),
            (f"{GROUP}.presence", {"type": "realtime.presence", "process": "x", "online": value}),
            (f"{GROUP}.presence", {"type": "realtime.presence", "process": value, "online": "1"}),
        ]
    wrong += [(GROUP, {**frame, "text": text}) for text in ("null", "[]", '"text"', "[" * 9999)]
    user = await database_sync_to_async(get_user_model().objects.create_user)("ada")
    for consumer in (ChatConsumer, ChannelConsumer):
        async with chat(consumer, user=user) as client:
            for group, event in wrong:
                await layer.group_send(group, event)
            await send_to_group(GROUP, {"type": "group"})
            assert await client.receive_json() == {"type": "group"}
            await send_to_user(user, {"type": "user"})
            assert await client.receive_json() == {"type": "user"}
            await client.send_json({"type": "presence"})
            assert await online(client) == 1
            async with chat():
                assert await online(client) == 2


@BOTH
async def test_malformed_event_is_skipped(
    consumer: type[JsonConsumer], caplog: pytest.LogCaptureFixture
) -> None:
    layer: Any = get_channel_layer()
    async with chat(consumer) as client:
        for event in (
            {"type": "realtime.send", "group": GROUP, "text": "not JSON"},
            {"type": "realtime.send", "group": GROUP, "text": {"not": "text"}},
            {"type": "realtime.send", "group": GROUP},
            {"type": "no.handler", "secret": "raw"},
            {"type": "base.send", "text": "raw"},
            {"type": "channel.receive"},
            {"type": "websocket_connect"},
            {"type": "websocket_disconnect"},
            {"no": "type"},
            {"type": "no.handler", 1: "a key that msgpack packs and does not unpack"},
        ):
            await layer.group_send(GROUP, event)
        await send_to_group(GROUP, {"type": "after"})
        assert await client.receive_json() == {"type": "after"}
        # Its own channel receives the event too, maybe later.
        async with asyncio.timeout(SECONDS):
            while "Define the method no_handler()" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
{% if cookiecutter.layer == 'redis' %}


async def test_group_that_ends_leaves_no_subscription() -> None:
    def leave(_event: Any) -> bool:
        # During delivery: the subscription ends while it is not waiting for an event.
        group.leave(member)
        return True

    member = Mock(notify=leave)
    async with from_url(os.environ["REDIS_URL"]) as redis:
        before = await redis.pubsub_channels()
        group = Group.enter("brief", member)
        await group.ready()
        assert len(await redis.pubsub_channels()) > len(before)
        await get_channel_layer().group_send("brief", {"type": "brief.event"})
        async with asyncio.timeout(SECONDS):
            while set(await redis.pubsub_channels()) - set(before):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_deployment_with_another_prefix_is_separate() -> None:
    layer: Any = get_channel_layer()
    other = type(layer)(**{**current.CHANNEL_LAYERS["default"]["CONFIG"], "prefix": "other"})
    foreign = {"type": "realtime.send", "group": GROUP, "text": '{"type": "foreign"}'}
    listener = await other.new_channel()
    await other.group_add(GROUP, listener)
    async with chat() as client:
        await other.group_send(GROUP, foreign)
        await send_to_group(GROUP, {"type": "own"})
        assert await client.receive_json() == {"type": "own"}
    # Nor does the other deployment receive frames of this one.
    await other.group_send(GROUP, {"type": "last"})
    assert await other.receive(listener) == foreign
    assert await other.receive(listener) == {"type": "last"}
    await other.flush()


@BOTH
async def test_unreadable_messages_are_skipped(consumer: type[JsonConsumer]) -> None:
    prefix = current.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    unreadable = (b"", b"\xc1", b"no msgpack", b"\x07", b"\x93\x01\x02\x03", b"\x81\x01\x02")
    async with from_url(os.environ["REDIS_URL"]) as redis, chat(consumer) as client:
        channels = await redis.pubsub_channels(f"{prefix}*")
        assert any(GROUP.encode() in channel for channel in channels)
        for channel in channels:
            for message in unreadable:
                await redis.publish(channel, message)
        await send_to_group(GROUP, {"type": "after"})
        assert await client.receive_json() == {"type": "after"}


@pytest.mark.django_db(transaction=True)
async def test_users_share_a_subscription() -> None:
    create_user = database_sync_to_async(get_user_model().objects.create_user)
    subscribed = []
    async with from_url(os.environ["REDIS_URL"]) as redis, AsyncExitStack() as clients:
        for name in ("ada", "bob"):
            user = await create_user(name)
            client = Client(application=application(NewsWithoutChannel), user=user)
            await clients.enter_async_context(client)
            await send_to_user(user, {"type": "notice"})
            assert await client.receive_json() == {"type": "notice"}
            subscribed.append(set(await redis.pubsub_channels()))
    assert subscribed[1] <= subscribed[0]
{% endif %}
