import json

from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer


class AsyncChatConsumer(AsyncJsonWebsocketConsumer):
    groups = ["chat"]

    async def receive_json(self, content):
        # Sent to everybody, as an event.
        event = {"type": "chat.message", "text": content["text"]}
        await self.channel_layer.group_send("chat", event)

    async def chat_message(self, event):
        await self.send_json({"text": event["text"]})


class SyncChatConsumer(WebsocketConsumer):
    def connect(self):
        async_to_sync(self.channel_layer.group_add)("chat", self.channel_name)
        self.accept()

    def disconnect(self, close_code):
        async_to_sync(self.channel_layer.group_discard)("chat", self.channel_name)

    def receive(self, text_data=None, bytes_data=None):
        text = json.loads(text_data)["text"]
        async_to_sync(self.channel_layer.group_send)("chat", {"type": "chat.message", "text": text})

    def chat_message(self, event):
        self.send(text_data=json.dumps({"text": event["text"]}))
