"""Metrics for Prometheus, served at /metrics if METRICS is set. Each process has its own."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

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

# Creation times would double the number of series.
disable_created_metrics()


NOTHING = nullcontext()


class DisabledMetric:
    """Metric that records nothing and costs nothing."""

    def labels(self, *_values: object) -> Self:
        """Return the metric for some labels."""
        return self

    def inc(self, _amount: float = 1) -> None:
        """Do nothing."""

    def dec(self, _amount: float = 1) -> None:
        """Do nothing."""

    def time(self) -> AbstractContextManager[None]:
        """Return a context in which nothing is measured."""
        return NOTHING


def metric(kind: type, *arguments: Any, **options: Any) -> Any:
    """Return a metric of Prometheus if METRICS is set, and otherwise one that does nothing."""
    return kind(*arguments, **options) if settings.METRICS else DisabledMetric()


CONNECTIONS = metric(Gauge, "websocket_connections", "Open WebSockets.")
RECEIVED = metric(Counter, "websocket_frames_received", "Frames from clients.")
SENT = metric(Counter, "websocket_frames_sent", "Frames for clients.")
ERRORS = metric(Counter, "websocket_errors", "Errors sent to clients, by code.", ["code"])
CLOSED = metric(Counter, "websocket_closed", "WebSockets closed by the server, by code.", ["code"])
LAYER_ERRORS = metric(Counter, "channel_layer_errors", "Failures of the channel layer.")
BROADCAST = metric(
    Histogram,
    "broadcast_seconds",
    "Time to send a frame to the channel layer, and to deliver it from there to all clients.",
    ["step"],
    buckets=(0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)


@async_only_middleware
def metrics_middleware(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Serve /metrics to clients that send the token, and pass on other requests."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info != "/metrics":
            return await get_response(request)
        sent = request.headers.get("Authorization", "")
        if not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
        return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return middleware
