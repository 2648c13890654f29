"""A site behind the proxies that we give a configuration for."""

import asyncio
import os
import re
import signal
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.deep.proxies import (
    ADDRESSES,
    PROXIES,
    Site,
    logged_ids,
    nginx,
    replaced,
    site,
    sockets_of,
)
from tests.projects.clients import get, hear_async, say_async, wait_until
from tests.projects.servers import Server, by_server, copy, servers
from tests.questions import Answers

# Of which a process of two gets none by chance once in a billion times.
TRIES = 30


@pytest.fixture
def project(answers: Answers, make_migrated: Callable[[Answers], Path], tmp_path: Path) -> Path:
    made = copy(make_migrated(answers), tmp_path)
    restrictions = made / "realtime/hypercorn.py"
    if restrictions.exists():
        # The project itself lets nobody go over to HTTP/2. Here it is the proxy that has to.
        text = replaced(restrictions.read_text(), {"H11Protocol._check_protocol": "unused"})
        restrictions.write_text(text)
    return made


@pytest.mark.parametrize("kind", PROXIES)
@pytest.mark.parametrize("answers", servers("redis"), ids=by_server)
def test_a_site_works_behind_a_proxy(project: Path, tmp_path: Path, kind: str) -> None:
    with site(project, tmp_path, kind) as (made,):
        serves_pages(made)
        serves_static_files(made)
        asyncio.run(keeps_strangers_out(made))
        bounds_requests(made)
        believes_no_client(made)
        blames_no_process(made)
        upgrades_to_websocket_only(made)
        asyncio.run(survives_a_lost_process(made))


def serves_pages(made: Site) -> None:
    page = made.get("/")
    assert page.status == 200
    assert page.headers["strict-transport-security"] == "max-age=3600"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    status, headers, _ = get(made.ports.http, "/")
    assert status in {301, 308}
    assert headers["location"].startswith("https://")
    for inside in ("/metrics", "/readyz"):
        assert made.get(inside).status == 404
    assert made.get("/nothing").status == 404
    # As the proxy makes them: the project's own have 16 letters.
    wait_until(lambda: [i for server in made.servers for i in logged_ids(server)], "it is logged")
    (identity, *_) = [i for server in made.servers for i in logged_ids(server)]
    assert re.fullmatch(r"[0-9a-f-]{32,36}", identity)


def serves_static_files(made: Site) -> None:
    (script,) = re.findall(r'src="(/static/[^"]+\.js)"', made.get("/").content.decode())
    file = made.get(script, **{"Accept-Encoding": "gzip"})
    assert file.status == 200
    assert "immutable" in file.headers["cache-control"]
    assert file.headers["content-encoding"] == "gzip"
    assert "javascript" in file.headers["content-type"]
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["cross-origin-resource-policy"] == "same-origin"
    plain = made.get("/static/index/index.js")
    assert plain.status == 200
    assert "immutable" not in plain.headers["cache-control"]
    assert made.get("/static/nothing.js").status == 404


async def keeps_strangers_out(made: Site) -> None:
    """Also those who could have changed a page of this site that came by plain HTTP."""
    for origin in ("https://evil.example", "http://localhost"):
        with pytest.raises(InvalidStatus) as refusal:
            await made.open_socket(origin)
        assert refusal.value.response.status_code == 403


def bounds_requests(made: Site) -> None:
    """A body that the project would not take does not get to it."""
    answer = made.ask("POST", "/nothing", {"Content-Type": "text/plain"}, "x" * 6_000_000)
    assert answer.status == 413


def believes_no_client(made: Site) -> None:
    """Whoever guesses passwords can't do so from made-up addresses."""
    page = made.get("/accounts/login/")
    (token,) = re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    fields = {"csrfmiddlewaretoken": token, "username": "ada", "password": "guess"}
    for number in range(6):
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": page.headers["set-cookie"].partition(";")[0],
            "Origin": made.origin,
            "X-Forwarded-For": f"203.0.113.{number}",
        }
        answer = made.ask("POST", "/accounts/login/", headers, urlencode(fields))
        assert answer.status == 200, answer
    assert b"Too many attempts" in answer.content


def blames_no_process(made: Site) -> None:
    """Hypercorn ends such a request without an answer; that is no reason to shut out others."""
    made.ask(
        "GET",
        "/ws/index/",
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Origin": made.origin,
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol": "\xff",
            "Sec-WebSocket-Version": "13",
        },
    )
    assert [made.get("/").status for _ in range(4)] == [200] * 4


def upgrades_to_websocket_only(made: Site) -> None:
    """In HTTP/2, which Hypercorn would offer, a client would speak to it past the proxy."""
    for asked in (["h2c"], ["H2C, websocket"], ["h2c", "websocket"], ["websocket", "h2c"]):
        with closing(made.connection()) as connection:
            connection.putrequest("GET", "/healthz")
            connection.putheader("Connection", "Upgrade, HTTP2-Settings")
            connection.putheader("HTTP2-Settings", "AAMAAABkAAQAAP__")
            for upgrade in asked:
                connection.putheader("Upgrade", upgrade)
            connection.endheaders()
            assert connection.getresponse().status != 101, asked


async def survives_a_lost_process(made: Site) -> None:
    """Two clients on two processes hear each other; one process dies, and its client comes back."""
    first, second = made.servers
    alice = await made.open_socket()
    # It would take memory, on Hypercorn a lot.
    assert not alice.protocol.extensions
    await until(lambda: sockets_of(first) + sockets_of(second) == 1, "one process has her")
    hers, other = (first, second) if sockets_of(first) else (second, first)
    bob = await open_at(other, made)
    await say_async(alice, "hello")
    assert [(await hear_async(client))["message"] for client in (alice, bob)] == ["hello"] * 2
    os.killpg(hers.process.pid, signal.SIGKILL)
    with pytest.raises(ConnectionClosed):
        await hear_async(alice)
    again = await made.open_socket()
    await say_async(again, "back")
    assert [(await hear_async(client))["message"] for client in (again, bob)] == ["back"] * 2
    os.killpg(other.process.pid, signal.SIGKILL)
    for client in (again, bob):
        with pytest.raises(ConnectionClosed):
            await hear_async(client)
    assert made.get("/").status in {502, 503}
    assert made.get("/static/index/index.js").status == 200


async def open_at(server: Server, made: Site) -> ClientConnection:
    """Open WebSockets until a process has one, and keep that one: a proxy may choose at random."""
    for _ in range(TRIES):
        client = await made.open_socket()
        await until(lambda: sum(map(sockets_of, made.servers)) == 2, "a process has it")
        if sockets_of(server):
            return client
        await client.close()
        await until(lambda: sum(map(sockets_of, made.servers)) == 1, "no process has it")
    pytest.fail(f"{server.host} got none of {TRIES} WebSockets")


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition while the clients go on."""
    await asyncio.to_thread(wait_until, condition, what)


@pytest.mark.parametrize("answers", servers("redis")[:1], ids=by_server)
def test_the_page_comes_back(project: Path, tmp_path: Path, browser: Browser) -> None:
    with site(project, tmp_path, "caddy") as (made,):
        page = browser.new_page(ignore_https_errors=True)
        page.goto(made.origin)
        expect(page.locator("#status")).to_have_attribute("data-state", "live")
        wait_until(lambda: sum(map(sockets_of, made.servers)) == 1, "a process has the page")
        his, other = sorted(made.servers, key=sockets_of, reverse=True)
        os.killpg(his.process.pid, signal.SIGKILL)
        wait_until(lambda: sockets_of(other) == 1, "the other process has it")
        page.get_by_role("textbox").fill("back again")
        page.get_by_role("textbox").press("Enter")
        expect(page.locator("#messages .text")).to_have_text("back again")


# Those of the example would take 2,000 WebSockets.
LIMITS = {
    "limit_conn sockets 2000;": "limit_conn sockets 3;",
    "burst=2000 ": "burst=7 ",
    "rate=20r/s": "rate=1r/m",
}


async def bounds_a_network(made: Site) -> None:
    elsewhere = ADDRESSES[1]
    crowd = [await made.open_socket() for _ in range(3)]
    # The fourth handshake.
    with pytest.raises(InvalidStatus) as refusal:
        await made.open_socket()
    assert refusal.value.response.status_code == 429
    other = await made.open_socket(address=elsewhere)
    await crowd.pop().close()
    crowd.append(await made.open_socket())
    for client in (*crowd, other):
        await client.close()
    # One at once and seven after it, so three more than these five.
    for _ in range(3):
        await (await made.open_socket()).close()
    with pytest.raises(InvalidStatus) as refusal:
        await made.open_socket()
    assert refusal.value.response.status_code == 429
    await (await made.open_socket(address=elsewhere)).close()
    assert made.get("/").status == 200


@pytest.mark.parametrize("answers", servers("redis")[:1], ids=by_server)
def test_nginx_limits_a_network(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROXIES, "nginx", partial(nginx, limits=LIMITS))
    with site(project, tmp_path, "nginx") as (made,):
        asyncio.run(bounds_a_network(made))
