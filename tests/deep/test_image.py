"""What a Dockerfile makes, made and run in folders: no engine is needed."""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests import interpreters
from tests.containers import Stage, command, context, environment, python_version, stages
from tests.environments import OF_THE_MACHINE, base_prefix, python_for, runnable
from tests.projects.clients import SECONDS, free_port, get, wait_until
from tests.questions import Answers, label, pairs
from tests.rendering import render

# The folders of a container, which lie elsewhere in a test.
FOLDERS = re.compile(r"(?<![\w.-])/(app|venv|data)\b")


def few() -> list[Answers]:
    """Return one with each server, the last with the other database, which no server shapes."""
    found = [{**answers, "docker": True} for answers in runnable(pairs("server", "database"))]
    sqlite = [answers for answers in found if answers["database"] == "sqlite"]
    others = [answers for answers in found if answers["database"] != "sqlite"]
    last = sqlite.pop()["server"]
    return [*sqlite, *[answers for answers in others if answers["server"] == last][:1]]


@dataclass
class Image:
    """What a Dockerfile makes, in folders instead of containers."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        return FOLDERS.sub(rf"{self.root}/\1", text)

    def run(self, arguments: str, folder: Path) -> None:
        shell = self.here(re.sub(r"--mount=\S+ ", "", arguments))
        if os.geteuid():
            # Only root gives files to others.
            shell = re.sub(r"--(owner|group)=\d+ ", "", shell)
        # What the last build has downloaded lies elsewhere here.
        env = {name: text for name, text in self.variables.items() if name != "UV_CACHE_DIR"}
        subprocess.run(["sh", "-euc", shell], cwd=folder, check=True, env=env)

    def make(self, stage: Stage, source: Path) -> None:
        folder = self.root
        for keyword, arguments in stage.steps:
            match keyword:
                case "ENV":
                    for pair in arguments.split():
                        name, value = pair.split("=", 1)
                        value = self.here(value).replace("$PATH", self.variables["PATH"])
                        self.variables[name] = value
                case "WORKDIR":
                    folder = Path(self.here(arguments))
                    folder.mkdir(exist_ok=True)
                case "COPY" if not arguments.startswith("--from="):
                    *patterns, _ = arguments.split()
                    for pattern in patterns:
                        for path in [source] if pattern == "." else source.glob(pattern):
                            if path.is_dir():
                                shutil.copytree(path, folder, dirs_exist_ok=True)
                            else:
                                shutil.copy(path, folder)
                case "RUN":
                    self.run(arguments, folder)


def build(answers: Answers, folder: Path) -> tuple[Path, Image]:
    """Do what a build of the Dockerfile would do, up to the last stage."""
    project = render(answers, folder)
    base = interpreters.newest(python_version(project)) or python_for(answers)
    assert base
    # As in the image, with its pip.
    python = folder / "python"
    make = [sys.executable, "-m", "uv", "venv", "--quiet", "--seed", "--python", base.path]
    subprocess.run([*make, python], check=True)
    # The rest is of the image alone.
    variables = {name: value for name, value in os.environ.items() if OF_THE_MACHINE.match(name)}
    path = os.pathsep.join([f"{python}/bin", f"{base_prefix(base)}/bin", os.defpath])
    image = Image(folder, {**variables, "PATH": path})
    # As a strict umask would leave it.
    (project / "index/views.py").chmod(0o600)
    source = context(project, folder / "context")
    for stage in stages(project):
        if stage.name != "proxy":
            image.make(stage, source)
    return project, image


def as_nobody(words: list[str]) -> list[str]:
    """Return a command that runs as the image's user, who may read all of this test's folders."""
    if os.geteuid():
        return words
    user = ["--reuid=10001", "--regid=10001", "--clear-groups"]
    reads = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return ["setpriv", *user, *reads, "--no-new-privs", *words]


def names(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("answers", few(), ids=label)
def test_image_serves_and_ends(answers: Answers, tmp_path: Path) -> None:
    project, image = build(answers, tmp_path)
    app = tmp_path / "app"
    assert all(path.stat().st_mode & 0o004 for path in names(app))
    # Where it is not root who made it, nobody may write any more.
    for path in (app, *names(app)):
        path.chmod(path.stat().st_mode & ~0o222)
    before = names(app)
    port = free_port()
    (health,) = stages(project)[-1].all("HEALTHCHECK")
    probe: list[str] = json.loads(health.split(" CMD ")[1])
    variables = {**image.variables, **environment(project, "web"), "PORT": str(port)}

    def inside(words: list[str]) -> list[str]:
        return as_nobody([word.replace("8000", str(port)) for word in words])

    def healthy() -> bool:
        done = subprocess.run(
            inside(probe), cwd=app, check=False, env=variables, capture_output=True
        )
        return done.returncode == 0

    if answers["database"] == "sqlite":
        variables["DATABASE_URL"] = image.variables["DATABASE_URL"]
        migrate = ["python", "manage.py", "migrate", "--no-input"]
        services = yaml.safe_load((project / "compose.yaml").read_text())["services"]
        assert services["migrate"]["command"] == migrate
        subprocess.run(as_nobody(migrate), cwd=app, check=True, env=variables)
        assert (tmp_path / "data/db.sqlite3").is_file()
        (saving,) = [
            image.here(line).removeprefix("docker compose exec web ")
            for line in (project / "docs/containers.md").read_text().splitlines()
            if "VACUUM INTO" in line
        ]
        subprocess.run(as_nobody(shlex.split(saving)), cwd=app, check=True, env=variables)
        with closing(sqlite3.connect(tmp_path / "data/backup.sqlite3")) as saved:
            assert list(saved.execute("SELECT name FROM django_migrations LIMIT 1"))
    assert not healthy()
    with subprocess.Popen(inside(command(project)), cwd=app, env=variables) as server:
        try:
            wait_until(healthy, "an answer to the HEALTHCHECK")
            # To plain HTTP, since the proxy has said nothing of HTTPS.
            assert get(port, "/")[0] in {301, 400}
            server.terminate()
            server.wait(SECONDS)
        finally:
            server.kill()
    assert not healthy()
    assert names(app) == before
