"""Metrics for Prometheus, at /metrics when METRICS is set. Each process counts for itself."""

from collections.abc import Awaitable, Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.utils.decorators import async_only_middleware
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

# When each was made is of no use to anyone, and doubles their number.
disable_created_metrics()  # type: ignore[no-untyped-call]

CONNECTIONS = Gauge("websocket_connections", "WebSockets that are open.")
RECEIVED = Counter("websocket_frames_received", "Frames from clients.")
SENT = Counter("websocket_frames_sent", "Frames for clients.")
ERRORS = Counter("websocket_errors", "Errors that clients were told, by their codes.", ["code"])
CLOSED = Counter("websocket_closed", "WebSockets that the project has closed, by code.", ["code"])
LAYER_ERRORS = Counter("channel_layer_errors", "Failures of the channel layer.")
BROADCAST = Histogram(
    "broadcast_seconds",
    "Time to give a message to the channel layer (send), and from there to all clients (deliver).",
    ["step"],
    buckets=(0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)


@async_only_middleware
def metrics_middleware(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Answer /metrics to who knows the token, and pass everything else on."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path != "/metrics":
            return await get_response(request)
        sent = request.headers.get("Authorization", "")
        if not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
        return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return middleware
