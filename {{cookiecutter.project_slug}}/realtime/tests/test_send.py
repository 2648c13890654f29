"""Tests of sending frames to groups and users."""

import traceback
from datetime import UTC, datetime
from decimal import Decimal
from unittest.mock import AsyncMock

import pytest
from channels.layers import get_channel_layer

from realtime.consumers import Frame
from realtime.send import DeliveryError, send_to_group, send_to_user
from realtime.testing import Client

from .applications import GROUP, ChatConsumer, application

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_only_json_objects_are_sent() -> None:
    for value in (float("nan"), float("inf"), "\ud800"):
        with pytest.raises(ValueError, match=r"JSON|surrogates"):
            await send_to_group(GROUP, {"value": value})
    for frame in ({"value": object()}, ["value"]):
        with pytest.raises(TypeError):
            await send_to_group(GROUP, frame)  # type: ignore[arg-type]


async def test_group_that_was_just_left_can_be_joined() -> None:
    # Redis takes a moment to subscribe: about one in 200 frames was too early.
    for number in range(30):
        async with Client(application=application(ChatConsumer)) as client:
            await send_to_group(GROUP, {"number": number})
            assert await client.receive_json() == {"number": number}


async def test_dates_and_decimals_are_sent_as_by_json_response() -> None:
    async with Client(application=application(ChatConsumer)) as client:
        frame = {"at": datetime(2026, 1, 2, tzinfo=UTC), "price": Decimal("1.50")}
        await send_to_group(GROUP, frame)
        assert await client.receive_json() == {"at": "2026-01-02T00:00:00Z", "price": "1.50"}


async def test_channel_layer_failure_raises_delivery_error(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = AsyncMock(side_effect=OSError("connection refused"))
    monkeypatch.setattr(get_channel_layer(), "group_send", failing)
    with pytest.raises(DeliveryError):
        await send_to_group(GROUP, {})
    with pytest.raises(DeliveryError):
        await send_to_user(1, {})


async def test_error_of_a_consumer_keeps_its_traceback() -> None:
    class Failing(ChatConsumer):
        async def on_fail(self, _frame: Frame) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as raised:
        async with Client(application=application(Failing)) as client:
            await client.ask({"type": "fail"})
    assert "on_fail" in "".join(traceback.format_exception(raised.value))
