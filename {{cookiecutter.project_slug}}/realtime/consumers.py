"""A Channels consumer for JSON that handles bad input, slow clients and large groups.

    class ChatConsumer(JsonConsumer):
        async def connect(self):
            await self.join("chat")
            await self.accept()

        async def on_message(self, frame):
            await send_to_group("chat", {"type": "message", "text": frame["text"]})

docs/realtime.md describes the rest.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from copy import deepcopy
from functools import partial
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import AcceptConnection, DenyConnection, StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import BaseChannelLayer, get_channel_layer
from channels.utils import await_many_dispatch

from ops.metrics import ERRORS

from .clients import TOO_MANY, TOO_SLOW, Client
from .frames import Frame, FrameError, encode, parse
from .groups import Event, Group, UserGroup, report_unhandled, require_free_name
from .presence import Presence
from .send import text_of
from .sockets import CLOSE_SECONDS, SOCKET, Socket

__all__ = ["Frame", "FrameError", "JsonConsumer"]

logger = logging.getLogger(__name__)

LOG_IN_FIRST = 4401
# The most events of groups that wait for a handler. With more, the client is closed with 4008.
MAX_EVENTS = 2048
# The close code of a connection that ended without one.
ABNORMAL = 1006
# Handlers of events that only the ASGI server may send. A group may send a frame, as in Channels.
SERVER_EVENTS = {"websocket_connect", "websocket_disconnect"}
HANDLERS = {"websocket_connect", "websocket_receive", "websocket_disconnect", "realtime_send"}


class JsonConsumer(AsyncJsonWebsocketConsumer):
    """Channels' AsyncJsonWebsocketConsumer, with a method for each type of frame.

    A frame `{"type": "vote", ...}` is passed to `on_vote(frame)`, a frame without a type to
    `on_message`. Every `on_` method can be called by clients. An error in a frame, a FrameError for
    example, is sent to its client, and the connection stays open. In a subclass that overrides
    `receive_json`, invalid JSON ends the connection, as in Channels.

    Attributes:
        own_channel: Whether each connection has a channel of its own, as in Channels. Without one,
            a connection takes less memory and its groups are faster. Only `channel_name` is
            missing; `groups` and event handlers work.
        login_required: Whether guests are refused with code 4401 before `connect` is called.
    """

    own_channel = True
    login_required = False

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Event]],
        send: Callable[[Event], Awaitable[None]],
    ) -> None:
        """Serve a connection from handshake to close."""
        self.scope = scope
        self.channel_layer = get_channel_layer(self.channel_layer_alias)
        if (socket := scope.get(SOCKET)) is None:
            # Called without the project's application, by a test for example.
            socket = Socket(receive, send)
            receive, send = socket.receive, socket.send
            has_middleware = True
        else:
            has_middleware = send != socket.send
        if self.login_required:
            socket.login_code = LOG_IN_FIRST
        # Names with two underscores can't collide with a subclass's.
        self.__socket = socket
        self.__client = Client(
            type(self).__name__, socket, send, self.__notify, has_middleware=has_middleware
        )
        self.__events: list[Event] = []
        self.__turn = asyncio.Lock()
        self.__worker: asyncio.Task[None] | None = None
        self.__failure: Exception | None = None
        self.__context = copy_context()
        self.__is_connected = False
        self.base_send = self.__client.send
        socket.rest = self.__finish
        try:
            await self.__serve(receive)
        except StopConsumer:
            await self.__client.flush()
        except asyncio.CancelledError:
            if socket.code is None:
                raise
            # A handler did not finish in time after the connection was closed.
            socket.task.uncancel()
            await self.__end(socket.code)
        except Exception:
            await self.__end(ABNORMAL)
            await self.__client.flush()
            raise
        finally:
            self.__client.stop()
            if self.__worker:
                self.__worker.cancel()

    def __getattr__(self, name: str) -> Any:
        """Explain why a connection without a channel of its own has no `channel_name`."""
        if name == "channel_name" and not self.own_channel:
            raise AttributeError(
                f"{type(self).__name__} has no channel_name, since its own_channel is False"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    async def dispatch(self, message: Event) -> None:
        """Pass an event to its handler, the method named like its type."""
        async with self.__turn:
            if (handler := self.__handler_of(message)) is None:
                report_unhandled(type(self).__name__, message)
            else:
                await handler(message)

    async def websocket_connect(self, message: Event) -> None:
        """Join the class's groups and call `connect`."""
        user = self.scope.get("user")
        if user is not None and not user.is_authenticated:
            user = None
        if self.login_required and user is None:
            await self.refuse(LOG_IN_FIRST)
            return
        if user is not None:
            self.__client.groups[UserGroup, ""] = UserGroup.enter_as(str(user.pk), self.__client)
        for group in list[str](self.groups):
            await self.join(group)
        self.__is_connected = True
        try:
            await self.connect()
        except AcceptConnection:
            await self.accept()
        except DenyConnection:
            await self.close()

    async def websocket_receive(self, message: Event) -> None:
        """Pass a frame to `receive`, and send an error in it to the client."""
        text = message.get("text")
        try:
            if not self.__client.count(size_of(message)):
                await self.__client.end(TOO_MANY)
            elif text is None:
                await self.receive(bytes_data=message.get("bytes"))
            else:
                await self.receive(text_data=text)
        except FrameError as error:
            ERRORS.labels(error.code).inc()
            frame = {"type": "error", "code": error.code, "detail": error.detail}
            await self.send_json({**frame, "ref": ref_of(text)})

    async def websocket_disconnect(self, message: Event) -> None:
        """Leave all groups and call `disconnect`, if `connect` was called."""
        self.__client.stop()
        if self.__is_connected:
            self.__is_connected = False
            await self.disconnect(message["code"])
        raise StopConsumer

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Decode a frame and pass it to `receive_json`."""
        if self.__has_own_protocol():
            await super().receive(text_data, bytes_data, **kwargs)
        elif text_data is None:
            raise FrameError("binary", "Send text frames, not binary ones.")
        else:
            await self.receive_json(await self.decode_json(text_data))

    async def receive_json(self, content: Frame, **_: Any) -> None:
        """Pass a frame to the method for its type."""
        kind = content.get("type", "message")
        handler = getattr(self, f"on_{kind}", None) if isinstance(kind, str) else None
        if not callable(handler):
            raise FrameError("unknown_type", "This type of message is unknown.")
        await handler(content)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Return the content of a frame."""
        return json.loads(text_data) if cls.__has_own_protocol() else parse(text_data)

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        """Return a frame as JSON."""
        return encode(content)

    async def refuse(self, code: int) -> None:
        """Accept the connection and close it with a code that a page can read.

        To a page, `close()` before `accept()` is a failed handshake without a reason.
        """
        # The client must not receive frames of groups that it has joined already.
        self.__client.clear()
        await self.accept()
        await self.close(code)

    async def join(self, group: str) -> None:
        """Send the client the frames of a group, and pass the group's events to their handlers."""
        require_free_name(group)
        await self.__client.join(Group, group, self.channel_layer_alias).ready()

    async def leave(self, group: str) -> None:
        """Leave a group."""
        self.__client.leave(Group, group)

    def track_presence(self, group: str) -> None:
        """Count the client as present in a group, and report the number if the client asks."""
        require_free_name(group)
        self.__client.join(Presence, group, self.channel_layer_alias)

    async def on_ping(self, frame: Frame) -> None:
        """Answer at once, so that the client can tell a live connection from a dead one."""
        self.__client.sends_pings = True
        await self.send_json({"type": "pong", "ref": frame.get("ref")})

    async def on_presence(self, _frame: Frame) -> None:
        """Report the number of connections, now and whenever it changes."""
        tracked = [g for g in self.__client.groups.values() if isinstance(g, Presence)]
        if not tracked:
            raise FrameError("unknown_type", "Presence is not tracked here.")
        for presence in tracked:
            presence.watch(self.__client)

    async def realtime_send(self, event: Event) -> None:
        """Send a frame that came through the consumer's own channel."""
        try:
            self.__client.push(text_of(event))
        except Exception:
            # Another program may have published it. The connection stays open.
            logger.exception("%s received an event that can't be sent", type(self).__name__)

    @classmethod
    def __has_own_protocol(cls) -> bool:
        """Return whether a subclass handles frames as with Channels' own consumer."""
        return cls.receive_json is not JsonConsumer.receive_json

    def __handler_of(self, event: Event) -> Any:
        """Return the method for an event, or None.

        Methods of JsonConsumer itself do not count, so no event can make it send or close.

        Raises:
            ValueError: As in Channels, the type begins with an underscore.
        """
        if event["type"] == "websocket.receive":
            # By far the most frequent one.
            return self.websocket_receive
        name = get_handler_name(event)
        # Looked up on the class, since attributes of the instance are not handlers.
        if not callable(getattr(type(self), name, None)):
            return None
        if name not in HANDLERS and hasattr(JsonConsumer, name):
            return None
        return getattr(self, name)

    async def __end(self, code: int) -> None:
        """Call `disconnect` after an error if `connect` was called. Errors in it are logged."""
        if self.__is_connected:
            self.__is_connected = False
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.disconnect(code)
            except Exception:
                logger.exception("%s raised an error in disconnect()", type(self).__name__)

    async def __finish(self) -> None:
        """Wait for the running handler and its frames, before a close from outside."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS), self.__turn:
                await self.__client.flush()
        except TimeoutError:
            if self.__worker:
                self.__worker.cancel()
        self.__client.leave_all()

    async def __serve(self, receive: Callable[[], Awaitable[Event]]) -> None:
        """Pass events to their handlers, one at a time."""
        try:
            if self.own_channel and self.channel_layer is not None:
                self.channel_name = await self.channel_layer.new_channel()
                self.channel_receive = partial(self.__receive_event, self.channel_layer)
                self.channel_layer = ConsumerLayer(self.channel_layer, self)
                await await_many_dispatch([receive, self.channel_receive], self.dispatch)
            else:
                while True:
                    await self.dispatch(await receive())
        except asyncio.CancelledError:
            if self.__failure is None:
                raise
            # The handler of a group's event has failed.
            self.__socket.task.uncancel()
            raise self.__failure from None

    async def __receive_event(self, layer: Any) -> Event:
        """Return the next event of the consumer's own channel that can be decoded."""
        while True:
            try:
                event: Event = await layer.receive(self.channel_name)
            except (ValueError, TypeError):
                logger.exception("%s received an event that can't be decoded", type(self).__name__)
                continue
            if may_be_handled(event):
                return event
            logger.error("%s received an invalid event", type(self).__name__)

    def __notify(self, event: Event) -> bool:
        """Handle an event of a group; return whether there is a handler."""
        # Channels raises an error for a private type, which would end all connections in a group.
        if not may_be_handled(event) or event["type"].startswith(("_", ".")):
            return False
        if self.__handler_of(event) is None:
            return False
        if len(self.__events) >= MAX_EVENTS:
            self.__client.disconnect(TOO_SLOW)
            return True
        # Each connection has its own copy, as in Channels, since a handler may change it.
        self.__events.append(deepcopy(event))
        if self.__worker is None:
            self.__worker = asyncio.create_task(self.__handle_events(), context=self.__context)
        return True

    async def __handle_events(self) -> None:
        """Handle the events that wait, each in turn with the client's frames."""
        try:
            while self.__events:
                await self.dispatch(self.__events.pop(0))
        except Exception as error:  # noqa: BLE001, raised again in the consumer's own task
            self.__failure = error
            self.__socket.task.cancel()
        finally:
            self.__worker = None


class ConsumerLayer:
    """View of the channel layer for a consumer with a channel of its own.

    Adding that channel to a group joins the group instead, so each process receives an event once.
    """

    def __init__(self, layer: BaseChannelLayer, consumer: JsonConsumer) -> None:
        self._layer = layer
        self._consumer = consumer

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the channel layer."""
        return getattr(self._layer, name)

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group."""
        if channel == self._consumer.channel_name:
            await self._consumer.join(group)
        else:
            await self._layer.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel from a group."""
        if channel == self._consumer.channel_name:
            await self._consumer.leave(group)
        await self._layer.group_discard(group, channel)


def may_be_handled(event: Any) -> bool:
    """Return whether the type of an event from the channel layer may be that of a handler.

    Other programs can publish too, and an error in a handler ends its connection. Methods that
    begin with `on_` handle frames, not events.
    """
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        return False
    name = kind.replace(".", "_")
    if name == "websocket_receive":
        return isinstance(event.get("text"), str) or isinstance(event.get("bytes"), bytes)
    return name not in SERVER_EVENTS and not name.startswith("on_")


def size_of(event: Event) -> int:
    """Return the length of a frame in bytes."""
    text = event.get("text")
    if text is None:
        return len(event.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode())


def ref_of(text: str | None) -> Any:
    """Return the `ref` of a frame that caused an error, or None if the frame can't be read."""
    try:
        return parse(text).get("ref")
    except FrameError:
        return None
