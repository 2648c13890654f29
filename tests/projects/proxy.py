"""A TCP proxy, as one stands in front of a site: round-robin, and strict about silence."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle


@contextmanager
def proxy(*ports: int, read_timeout: float | None = None) -> Iterator[int]:
    """Spread connections over the ports of servers; the value is the proxy's own port.

    Like nginx, it cuts a connection when for `read_timeout` seconds nothing came from the server.
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

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(end())
        loop.close()
