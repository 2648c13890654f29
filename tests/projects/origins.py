"""Compares WebSockets with forms, in the Python of a project.

For many settings and headers, Django answers a form and the project a handshake. Prints where they
differ.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from io import BytesIO
from itertools import product
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import _get_new_csrf_string
from django.test import override_settings
from django.urls import re_path
from django.views.debug import ExceptionReporter

django.setup()

from realtime.origin import OriginValidator

Headers = list[tuple[bytes, bytes]]


def view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("accepted")


def refuse(_request: HttpRequest, **_: object) -> HttpResponse:
    return HttpResponse(status=400)


class NoReporter(ExceptionReporter):
    """Saves the time that a page with a traceback takes."""

    def get_traceback_html(self) -> str:
        return ""


urlpatterns = [re_path("", view)]
handler400 = refuse

# The project's middleware that looks at the host, the scheme and the origin.
DEFAULTS = {
    "CSRF_FAILURE_VIEW": f"{__name__}.refuse",
    "CSRF_TRUSTED_ORIGINS": [],
    "DEBUG": False,
    "DEFAULT_EXCEPTION_REPORTER": f"{__name__}.NoReporter",
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    "ROOT_URLCONF": __name__,
    "SECURE_SSL_REDIRECT": False,
}
PROXY = ("HTTP_X_FORWARDED_PROTO", "https")
SETTINGS: list[dict[str, Any]] = [
    {"DEBUG": True, "ALLOWED_HOSTS": []},
    {"ALLOWED_HOSTS": ["example.com", "127.0.0.1", "[::1]", "Upper.example"]},
    {"ALLOWED_HOSTS": [".example.com", "xn--bcher-kva.example"], "PREPEND_WWW": True},
    {"ALLOWED_HOSTS": ["*"]},
    {"ALLOWED_HOSTS": ["*"], "SECURE_SSL_REDIRECT": True},
    {"ALLOWED_HOSTS": ["*"], "SECURE_PROXY_SSL_HEADER": PROXY},
    {
        "ALLOWED_HOSTS": [".example.com"],
        "SECURE_PROXY_SSL_HEADER": PROXY,
        "SECURE_SSL_REDIRECT": True,
    },
    {"ALLOWED_HOSTS": ["example.com"], "USE_X_FORWARDED_HOST": True},
    {
        "ALLOWED_HOSTS": [".example.com"],
        "CSRF_TRUSTED_ORIGINS": [
            "https://app.example.org",
            "https://*.example.net",
            "http://*.example.net:8000",
            "https://example.com:8443",
        ],
    },
]
HOSTS = [
    *("example.com", "EXAMPLE.com", "example.com.", "www.example.com", "a.b.example.com"),
    *("example.com:80", "example.com:443", "example.com:8000", "example.com:", "example.com.:80"),
    *("localhost", "LOCALHOST:8000", "a.localhost", "localhost.", "127.0.0.1", "127.0.0.1:8000"),
    *("[::1]", "[::1]:8000", "[::0001]", "::1", "upper.example", "Upper.Example"),
    *("xn--bcher-kva.example", "b\xfccher.example", "evil.example", "example.com@evil.example"),
    *("", " example.com", "example.com/", "evil.example, example.com"),
]
ORIGINS = [
    *("null", "", "example.com", "//example.com", "http://", "https://example.com:8443"),
    *("https://app.example.org", "https://APP.example.org", "https://app.example.org:443"),
    *("https://a.example.net", "https://example.net", "http://a.example.net:8000"),
    *("https://a.example.net:443", "https://.example.net", "https://aexample.net"),
    *("https://x@a.example.net", "https://evil.example#.example.net", "http://[", "http://[::1]x"),
    *("https://a.example.net/path", "ws://example.com", "wss://example.com", "file://example.com"),
    *("http://b\xfccher.example", "http://xn--bcher-kva.example", "https://evil.example"),
]
# Of other origins, for each of the settings.
CASES = 100
PROTOCOLS = [None, "https", "http", "HTTPS", "https, http", "http, https", " https", ""]


def origins(host: str) -> Iterator[list[str]]:
    """Yield the Origin headers to try for a host: any number of them."""
    for scheme in ("http", "https"):
        yield [f"{scheme}://{host.lower()}"]
        yield [f"{scheme}://{host}/"]
        yield [f"{scheme.upper()}://{host}"]
        yield [f"{scheme}://{host.rpartition(':')[0]}"]
        for port in (80, 443):
            yield [f"{scheme}://{host}:{port}"]
    yield [f"http://{host}", f"http://{host}"]
    yield [f"http://{host}", "https://evil.example"]
    yield []
    for origin in ORIGINS:
        yield [origin]


def headers(**fields: str | list[str] | None) -> Headers:
    return [
        (name.replace("_", "-").encode(), value.encode("latin-1"))
        for name, values in fields.items()
        for value in ([values] if isinstance(values, str) else values or [])
    ]


async def is_opened(scope: dict[str, Any]) -> bool:
    """Return whether the project accepts a handshake."""
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event["type"])

    async def accept(
        _scope: object, _receive: object, send: Callable[[Any], Awaitable[None]]
    ) -> None:
        await send({"type": "websocket.accept"})

    await OriginValidator(accept)(scope, receive, send)
    return sent == ["websocket.accept"]


async def compare(changed: dict[str, Any], dice: random.Random) -> Counter[bool]:
    verdicts: Counter[bool] = Counter()
    handler = BaseHandler()
    handler.load_middleware()
    token = _get_new_csrf_string()
    form = headers(x_csrftoken=token, cookie=f"{settings.CSRF_COOKIE_NAME}={token}")
    cases = [(host, [f"{scheme}://{host}"]) for host in HOSTS for scheme in ("http", "https")]
    cases += dice.sample([(host, origin) for host in HOSTS for origin in origins(host)], CASES)
    for (host, origin), is_secure in product(cases, (False, True)):
        sent = headers(host=host, origin=origin, x_forwarded_proto=dice.choice(PROTOCOLS))
        if "USE_X_FORWARDED_HOST" in changed:
            sent += headers(x_forwarded_host=dice.choice(HOSTS))
        scope = {"path": "/ws/index/", "query_string": b"", "server": ("127.0.0.1", 8000)}
        page = {"method": "POST", "scheme": "https" if is_secure else "http"}
        request = ASGIRequest({**scope, **page, "headers": sent + form}, BytesIO())
        status = handler.get_response(request).status_code
        socket = {"type": "websocket", "scheme": "wss" if is_secure else "ws"}
        # The one difference: a form may come without the header.
        is_expected = status == 200 and bool(origin)
        if await is_opened({**scope, **socket, "headers": sent}) is not is_expected:
            print("DIFFERENT", changed, sent, page["scheme"], status)
        verdicts[is_expected] += 1
    return verdicts


async def main() -> None:
    dice = random.Random(6)  # noqa: S311
    verdicts: Counter[bool] = Counter()
    for changed in SETTINGS:
        with override_settings(**{**DEFAULTS, **changed}):
            verdicts += await compare(changed, dice)
    print(f"The same for {verdicts[True]} accepted and {verdicts[False]} refused ones")


logging.disable()
asyncio.run(main())
