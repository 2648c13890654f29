"""Tests of the limits for all WebSockets from one network."""

import asyncio
import json
import logging

import pytest
from django.conf import LazySettings

from realtime import networks
from realtime.rate import Rate
from realtime.testing import Client

from .applications import ChatConsumer, application

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(autouse=True)
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks.Network, "_known", {})


def client_at(address: str, **headers: str) -> Client:
    client = Client(application=application(ChatConsumer), headers=headers)
    client.scope["client"] = (address, 4321)
    return client


async def is_full(client: Client) -> bool:
    """Return whether a client is accepted and then closed before it receives an answer."""
    assert await client.connect()
    await client.send_json({"type": "ping"})
    return bool((await client.receive_output())["type"] == "websocket.close")


async def test_connections_of_a_network_are_limited(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WS_MAX_CONNECTIONS_PER_NETWORK = 2
    async with client_at("2001:db8::1"), client_at("2001:db8::2") as second:
        assert await is_full(client_at("2001:db8::3"))
        assert await is_full(client_at("2001:db8::4"))
        assert not await is_full(client_at("2001:db8:0:1::1"))
        assert not await is_full(client_at(""))
        await second.disconnect()
        assert not await is_full(client_at("2001:db8::3"))
    (line,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert "2001:db8::/64" in line
    assert "WS_MAX_CONNECTIONS_PER_NETWORK" in line


async def test_network_that_reconnects_keeps_its_limits(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WS_MAX_CONNECTIONS_PER_NETWORK = 1
    monkeypatch.setattr(networks, "BURST_SECONDS", 0.05)
    async with client_at("203.0.113.1"):
        pass
    network = networks.Network.of(client_at("203.0.113.1").scope)
    monkeypatch.setattr(networks, "BURST_SECONDS", 1000)
    async with client_at("203.0.113.1"):
        pass
    # Longer than the time after which the first network would have been forgotten.
    await asyncio.sleep(0.2)
    assert networks.Network.of(client_at("203.0.113.1").scope) is network


async def test_flood_is_forgotten_soon() -> None:
    assert Rate(1).add(1_000_000) < 10


async def test_network_is_that_of_the_forwarded_address(settings: LazySettings) -> None:
    settings.WS_MAX_CONNECTIONS_PER_NETWORK = 1
    settings.BEHIND_TLS_PROXY = True
    async with client_at("10.0.0.1", **{"x-forwarded-for": "198.51.100.1"}):
        assert await is_full(client_at("10.0.0.1", **{"x-forwarded-for": "1.2.3.4, 198.51.100.1"}))
        assert not await is_full(client_at("10.0.0.1", **{"x-forwarded-for": "198.51.100.2"}))


@pytest.mark.parametrize("text", ["x", "x" * 2000], ids=["short", "long"])
async def test_messages_of_a_network_are_limited(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    frame = {"type": text}
    cost = max(networks.LEAST_BYTES, len(json.dumps(frame)))
    # So slow that the duration of the test does not matter.
    monkeypatch.setattr(networks, "BURST_SECONDS", 1000)
    settings.WS_BYTES_PER_SECOND = 3.5 * cost / 1000
    async with client_at("203.0.113.1") as first, client_at("203.0.113.1") as second:
        answers = [(await client.ask(frame))["code"] for client in (first, second) * 3]
        assert answers == ["unknown_type"] * 3 + ["rate_limited"] * 3
        await second.send_json(frame)
        await second.send_json(frame)
        assert (await second.receive_json())["code"] == "rate_limited"
        assert await second.receive_close() == 4029
        async with client_at("203.0.113.2") as other:
            assert (await other.ask(frame))["code"] == "unknown_type"
    # A client that reconnects at once has no new allowance.
    async with client_at("203.0.113.1") as client:
        await client.send_json(frame)
        assert await client.receive_close() == 4029
