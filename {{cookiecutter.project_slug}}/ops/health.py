"""Health checks for load balancers and orchestrators.

/healthz checks that the process responds; if it fails, restart the process.
/readyz checks the database and the channel layer; while it fails, send no traffic.
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
    """Run a trivial query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def ask_channel_layer() -> None:
    """Send to a group without members."""
    await get_channel_layer().group_send("readyz", {"type": "readyz"})


CHECKS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": ask_database,
    "channel_layer": ask_channel_layer,
}


async def readiness() -> JsonResponse:
    """Run the checks and return the names of those that failed. The log contains the reasons."""
    failed = []
    for name, check in CHECKS.items():
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001, each driver has its own errors
            logger.warning("Not ready: the %s does not answer: %r", name, error)
            failed.append(name)
    if failed:
        return JsonResponse({"status": "unavailable", "failed": failed}, status=503)
    return JsonResponse({"status": "ok"})


@async_only_middleware
def health_middleware(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Serve /healthz and /readyz, and pass on other requests."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path_info == "/readyz":
            return await readiness()
        return await get_response(request)

    return middleware
