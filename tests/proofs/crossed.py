"""Two processes: Redis carries the message; memory does not, and the log says so."""

from contextlib import ExitStack

from tests.projects.clients import (
    free_port,
    hear,
    logged,
    open_socket,
    running,
    say,
    wait_until,
)
from tests.proofs.deployment import deployed
from tests.proofs.subject import SITE, Subject

READS = SITE


def prove(subject: Subject) -> None:
    with ExitStack() as stack:
        services = stack.enter_context(subject.services())
        env = deployed(subject, services)
        ports, logs = [], []
        for number in ("1", "2"):
            port, log = free_port(), subject.scratch / number
            command = logged(subject.server(port), log)
            stack.enter_context(running(command, port, subject.folder, **env))
            ports.append(port)
            logs.append(log)
        alice, bob = (stack.enter_context(open_socket(port, tls=True)) for port in ports)
        say(alice, "from one process")
        assert hear(alice)["message"] == "from one process"
        if subject.answers["layer"] == "redis":
            assert hear(bob)["message"] == "from one process"
            subject.run("manage.py", "announce", "from a shell", **env)
            assert [hear(client)["message"] for client in (alice, bob)] == ["from a shell"] * 2
            return
        wait_until(lambda: "CRITICAL" in logs[1].read_text(), "the second process warns")
        assert "in-memory" in logs[1].read_text()
        say(bob, "from the other")
        # It would have come first.
        assert hear(bob)["message"] == "from the other"
        assert "CRITICAL" not in logs[0].read_text()
