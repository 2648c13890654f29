"""The event loop of these tests."""

import pytest_asyncio
from channels.layers import get_channel_layer


@pytest_asyncio.fixture(scope="package", loop_scope="package", autouse=True)
async def subscription() -> None:
    """Subscribe to a channel.

    Without a subscription, channels_redis waits a tenth of a second before it looks for messages.
    """
    await get_channel_layer().new_channel()
