"""Health checks for load balancers and orchestrators.

/healthz says that the process is up and touches nothing; restart the process when it fails.
/readyz says that the database and the channel layer answer; send no traffic while it fails.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import async_only_middleware

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 3


@sync_to_async
def ask_database() -> None:
    """Send the cheapest query there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def ask_channel_layer() -> None:
    """Send to a group that nobody is in."""
    await get_channel_layer().group_send("readyz", {"type": "readyz"})


CHECKS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": ask_database,
    "channel_layer": ask_channel_layer,
}


async def readiness() -> JsonResponse:
    """Run every check and name the ones that failed; the reason of each is in the log."""
    failed = []
    for name, check in CHECKS.items():
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001, whatever a driver raises means: not ready
            logger.warning("Not ready, the %s does not answer: %r", name, error)
            failed.append(name)
    if failed:
        return JsonResponse({"status": "unavailable", "failed": failed}, status=503)
    return JsonResponse({"status": "ok"})


@async_only_middleware
def health_middleware(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Answer /healthz and /readyz, and pass everything else on."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return await readiness()
        return await get_response(request)

    return middleware
