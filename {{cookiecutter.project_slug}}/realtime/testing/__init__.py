"""Tools for tests: a WebSocket client, and the project on its real server.

    async def test_message_reaches_everyone():
        async with Client("/ws/chat/") as alice, Client("/ws/chat/") as bob:
            await alice.send_json({"message": "hi"})
            assert (await bob.receive_json())["message"] == "hi"

docs/realtime.md describes the rest.
"""

from .client import SECONDS, Client, session_cookie
from .server import STOP_SECONDS, Server, free_port, live_server

__all__ = [
    "SECONDS",
    "STOP_SECONDS",
    "Client",
    "Server",
    "free_port",
    "live_server",
    "session_cookie",
]
