"""Tests of the WebSocket."""

from datetime import datetime
from unittest.mock import AsyncMock

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from realtime.testing import Client

PATH = "/ws/{{ cookiecutter.app }}/"


async def test_message_reaches_everyone() -> None:
    async with Client(PATH) as alice, Client(PATH) as bob:
        sent = await alice.ask('{"message": "你好!"}')
        assert sent["type"] == "message"
        assert sent["message"] == "你好!"
        assert sent["sender"].startswith("guest (")
        assert datetime.fromisoformat(sent["sent_at"]).tzinfo
        assert await bob.receive_json() == sent


async def test_guest_has_a_name_that_no_user_can_have() -> None:
    async with Client(PATH) as client:
        name = (await client.ask('{"message": "hi"}'))["sender"]
    with pytest.raises(ValidationError):
        get_user_model()(username=name).clean_fields(exclude=["password"])


@pytest.mark.django_db(transaction=True)
async def test_sender_is_the_user_who_logged_in() -> None:
    ada = await database_sync_to_async(get_user_model().objects.create_user)("ada")
    async with Client(PATH, user=ada) as client:
        assert (await client.ask('{"message": "hi"}'))["sender"] == "ada"


async def test_message_must_be_a_string() -> None:
    async with Client(PATH) as client:
        assert (await client.ask('{"message": 1}'))["code"] == "bad_type"


async def test_failed_message_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = AsyncMock(side_effect=OSError("connection refused"))
    async with Client(PATH) as client:
        monkeypatch.setattr(get_channel_layer(), "group_send", failing)
        assert (await client.ask('{"message": "hi"}'))["code"] == "not_delivered"
        assert (await client.ask('{"type": "ping"}'))["type"] == "pong"


async def test_slash_at_the_end_is_optional() -> None:
    async with Client(PATH.removesuffix("/")):
        pass
