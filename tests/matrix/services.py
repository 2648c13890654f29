"""The services that projects talk to: a real PostgreSQL and a real Valkey."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.projects.clients import free_port, wait_until

# PostgreSQL refuses to run as root. Debian's package makes this user.
USER = "postgres"


def _find(program: str) -> str | None:
    """Find a program of PostgreSQL's server, which Debian keeps off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(debian[-1]) if debian else shutil.which(program)


def install_postgresql() -> None:
    """Install PostgreSQL when the machine has none; no server of the machine's own is started."""
    if _find("initdb"):
        return
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    environment = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", "postgresql"]
    subprocess.run(command, check=True, env=environment)


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL of our own; the value is its URL, to which a database's name is added."""
    port = free_port()
    user = USER if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="postgresql") as folder:
        data = Path(folder, "data")
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        initdb, postgres = _find("initdb"), _find("postgres")
        assert initdb
        assert postgres
        subprocess.run(
            [initdb, "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=user,
            cwd=folder,
        )
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        # Nothing of it is needed after the tests, so that a crash may lose it all.
        for setting in (
            "autovacuum=off",
            "full_page_writes=off",
            "max_wal_senders=0",
            "synchronous_commit=off",
            "wal_level=minimal",
        ):
            options += ["-c", setting]
        server = subprocess.Popen([postgres, "-D", data, *options], user=user, cwd=folder)
        try:
            wait_until((Path(folder) / f".s.PGSQL.{port}").exists, "PostgreSQL listens")
            yield f"postgres://{USER}@127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait()


def make_database(url: str, name: str) -> str:
    """Make an empty database, and return its URL."""
    psql = shutil.which("psql") or _find("psql")
    assert psql
    command = [psql, "-q", f"{url}postgres", "-c", f'CREATE DATABASE "{name}"']
    wait_until(lambda: subprocess.run(command, check=False).returncode == 0, "PostgreSQL answers")
    return f"{url}{name}"
