from realtime.consumers import FrameError, JsonConsumer
from realtime.send import send_to_group

from .models import Message, Room


class RoomConsumer(JsonConsumer):
    login_required = True

    async def connect(self):
        pk = self.scope["url_route"]["kwargs"]["room"]
        try:
            self.room = await Room.objects.aget(pk=pk, closed=False)
        except Room.DoesNotExist:
            await self.refuse(4403)
            return
        self.group = f"room.{pk}"
        await self.join(self.group)
        await self.accept()
        async for message in self.room.messages.select_related("author").order_by("-pk")[:50]:
            await self.send_json(message.as_frame())

    async def on_say(self, frame):
        text = frame.get("text")
        if not isinstance(text, str) or not text.strip():
            raise FrameError("bad_type", "`text` must be a string that is not empty.")
        message = await Message.objects.acreate(
            room=self.room, author=self.scope["user"], text=text
        )
        await send_to_group(self.group, message.as_frame())

    async def on_typing(self, frame):
        event = {
            "type": "room.typing",
            "user": self.scope["user"].get_username(),
            "sender": self.channel_name,
        }
        await self.channel_layer.group_send(self.group, event)

    async def room_typing(self, event):
        if event["sender"] != self.channel_name:
            await self.send_json({"type": "typing", "user": event["user"]})
