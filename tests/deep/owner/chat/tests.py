import json

import pytest
from channels.testing import ChannelsLiveServerTestCase, WebsocketCommunicator
from django.test import TestCase
from websockets.sync.client import connect

from realtime.consumers import JsonConsumer

from .consumers import AsyncChatConsumer, SyncChatConsumer


class Middleware:
    """Middleware as in the documentation of Channels."""

    def __init__(self, app):
        self.app = app
        self.log = []

    async def __call__(self, scope, receive, send):
        self.log.append("start")
        try:
            return await self.app({**scope, "shop": "tea"}, receive, send)
        finally:
            self.log.append("end")


class ShopConsumer(JsonConsumer):
    async def on_shop(self, frame):
        await self.send_json({"shop": self.scope["shop"]})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("consumer", [AsyncChatConsumer, SyncChatConsumer])
async def test_chat(consumer):
    communicators = [WebsocketCommunicator(consumer.as_asgi(), "/chat/") for _ in range(2)]
    for communicator in communicators:
        connected, _ = await communicator.connect()
        assert connected
    await communicators[0].send_json_to({"text": "hi"})
    for communicator in communicators:
        assert await communicator.receive_json_from(timeout=5) == {"text": "hi"}
    for communicator in communicators:
        await communicator.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_middleware_sees_the_whole_connection():
    middleware = Middleware(ShopConsumer.as_asgi())
    communicator = WebsocketCommunicator(middleware, "/shop/")
    await communicator.connect()
    await communicator.send_json_to({"type": "shop"})
    assert await communicator.receive_json_from() == {"shop": "tea"}
    assert middleware.log == ["start"]
    await communicator.disconnect()
    assert middleware.log == ["start", "end"]


class PageTests(TestCase):
    def test_page_is_served(self):
        response = self.client.get("/")
        self.assertEqual(response.status_code, 200)


class LiveTests(ChannelsLiveServerTestCase):
    def test_message_comes_back(self):
        url = f"{self.live_server_ws_url}/ws/index/"
        with connect(url, origin=self.live_server_url, proxy=None) as client:
            client.send('{"message": "hi"}')
            self.assertEqual(json.loads(client.recv(timeout=5))["message"], "hi")
