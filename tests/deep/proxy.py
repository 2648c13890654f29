"""A TCP proxy, as one stands in front of a site: round-robin, and strict about silence."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle


@contextmanager
def proxy(
    *ports: int, read_timeout: float | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Spread connections over the ports of servers; the value is the proxy's own port.

    Like nginx, it cuts a connection when for `read_timeout` seconds nothing came from the server,
    and ends the encryption of those who come by `tls`.
    """
    turns = cycle(ports)
    transports: list[asyncio.WriteTransport] = []

    async def copy(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float | None
    ) -> None:
        transports.append(writer.transport)
        try:
            with suppress(OSError, TimeoutError):
                while data := await asyncio.wait_for(reader.read(65_536), patience):
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.transport.abort()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", next(turns))
        await asyncio.gather(
            copy(reader, upstream_writer, None), copy(upstream_reader, writer, read_timeout)
        )

    async def end() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for transport in transports:
            transport.abort()
        await asyncio.gather(*tasks)

    # In a thread of its own, since the test's may have an event loop that runs: Playwright's.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    starting = asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
