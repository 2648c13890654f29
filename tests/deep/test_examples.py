"""docs/production.md and its examples: read by the real tools, and true for a project made now."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.debian import program
from tests.questions import ROOT, Answers
from tests.rendering import render

PAGE = ROOT / "docs/production.md"
UNIT = ROOT / "docs/examples/mysite@.service"
KUBERNETES = ROOT / "docs/examples/kubernetes.yaml"
# What the examples are for: the default server, and what more than one host needs.
ANSWERS: Answers = {"layer": "redis", "database": "postgres", "docker": True}
# Words of systemd and of uv that look like variables of a project.
OTHERS = {"AF_INET", "AF_UNIX", "UV_PYTHON_INSTALL_DIR"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(ANSWERS, tmp_path_factory.mktemp("examples"))


def setting(name: str) -> str:
    """Return the value of a line of the unit, its continuation lines included."""
    found = re.search(rf"^{name}=((?:.*\\\n)*.*)$", UNIT.read_text(), re.MULTILINE)
    assert found, f"the unit has no {name}"
    return found[1].replace("\\\n", " ")


def resources() -> dict[str, Any]:
    return {made["kind"]: made for made in yaml.safe_load_all(KUBERNETES.read_text())}


def container(kind: str) -> dict[str, Any]:
    only: dict[str, Any]
    (only,) = resources()[kind]["spec"]["template"]["spec"]["containers"]
    return only


def number(project: Path, file: str, name: str) -> int:
    found = re.search(rf"^{name} = (\d+)$", (project / file).read_text(), re.MULTILINE)
    assert found, f"{file} has no {name}"
    return int(found[1])


def seconds_to_end(project: Path) -> int:
    """Return how long a process may take: its connections, its groups, and then its server."""
    serve = (project / "realtime/management/commands/serve.py").read_text()
    (of_server,) = re.findall(r"--timeout-graceful-shutdown=(\d+)", serve)
    return (
        number(project, "realtime/connections.py", "GRACE_SECONDS")
        + number(project, "realtime/connections.py", "CANCEL_SECONDS")
        + number(project, "realtime/groups.py", "LEAVE_SECONDS")
        + int(of_server)
    )


def instance(folder: Path) -> Path:
    """Make a unit of the template, whose program exists on this machine."""
    text, found = re.subn(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text())
    assert found == 1
    unit = folder / "mysite@8001.service"
    unit.write_text(text)
    return unit


def test_unit_is_valid(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    done = subprocess.run(
        [analyze, "verify", "--man=no", instance(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_unit_is_exposed_to_little(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    # In tenths.
    command = [analyze, "security", "--offline=true", "--no-pager", "--threshold=19"]
    done = subprocess.run(
        [*command, instance(tmp_path)], check=False, capture_output=True, text=True
    )
    assert "Overall exposure level" in done.stdout
    assert done.returncode == 0, done.stdout


def test_unit_runs_the_command_of_the_documentation(project: Path) -> None:
    command = "manage.py serve"
    assert f"\nuv run --no-dev {command}\n" in (project / "docs/production.md").read_text()
    expected = f"/srv/mysite/.venv/bin/python {command} --host=127.0.0.1 --port=%i"
    assert setting("ExecStart") == expected
    assert setting("WorkingDirectory") == "/srv/mysite"


def test_unit_leaves_the_project_what_it_needs(project: Path) -> None:
    assert int(setting("TimeoutStopSec")) > seconds_to_end(project)
    files = 10_000 + number(project, "realtime/connections.py", "OTHER_FILES")
    assert int(setting("LimitNOFILE")) >= files
    assert "WS_MAX_CONNECTIONS=10000" in (project / ".env.example").read_text()


def test_kubernetes_takes_the_resources() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", KUBERNETES],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(" passed for resource ") == len(resources())
    assert set(resources()) == {
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "PodDisruptionBudget",
        "Service",
    }


def test_kubernetes_asks_what_the_project_answers(project: Path) -> None:
    health = (project / "ops/health.py").read_text()
    assert set(re.findall(r'request\.path_info == "(.+)"', health)) == {"/healthz", "/readyz"}
    web = container("Deployment")
    paths = {
        name: web[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "liveness", "readiness")
    }
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    # Each of the two checks may take its time.
    longest = 2 * number(project, "ops/health.py", "TIMEOUT_SECONDS")
    assert web["readinessProbe"]["timeoutSeconds"] > longest


def test_kubernetes_runs_the_image_of_the_project(project: Path) -> None:
    dockerfile = (project / "Dockerfile").read_text()
    compose = yaml.safe_load((project / "compose.yaml").read_text())
    web, migration = container("Deployment"), container("Job")
    assert "command" not in web
    assert "args" not in web
    (port,) = web["ports"]
    assert re.findall(r"^EXPOSE (\d+)$", dockerfile, re.MULTILINE) == [str(port["containerPort"])]
    assert migration["command"] == compose["services"]["migrate"]["command"]
    for kind in ("Deployment", "Job"):
        pod = resources()[kind]["spec"]["template"]["spec"]["securityContext"]
        assert f"\nUSER {pod['runAsUser']}:{pod['runAsGroup']}\n" in dockerfile
        assert pod["runAsNonRoot"] is True
        held = container(kind)["securityContext"]
        assert held["readOnlyRootFilesystem"] is True
        assert held["capabilities"] == {"drop": ["ALL"]}


def test_kubernetes_waits_for_the_end_of_the_project(project: Path) -> None:
    sleep = container("Deployment")["lifecycle"]["preStop"]["sleep"]["seconds"]
    pod = resources()["Deployment"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > sleep + seconds_to_end(project)


def test_kubernetes_resources_belong_together() -> None:
    made = resources()
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        made["Service"]["spec"]["selector"],
        made["Deployment"]["spec"]["selector"]["matchLabels"],
        made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ]
    migration = made["Job"]["spec"]["template"]["metadata"]["labels"].items()
    for selector in selectors:
        assert selector.items() <= labels
        assert not selector.items() <= migration
    assert made["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "mysite"
    assert made["Deployment"]["metadata"]["name"] == "mysite"
    assert container("Deployment")["image"] == container("Job")["image"]


def test_every_variable_is_one_of_the_project(project: Path) -> None:
    named = "\n".join(
        (project / name).read_text() for name in (".env.example", "compose.yaml", "Dockerfile")
    )
    known = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", named, re.MULTILINE))
    known |= set(re.findall(r"^\s+([A-Z][A-Z0-9_]+):", named, re.MULTILINE))
    assert set(resources()["ConfigMap"]["data"]) <= known
    for example in (UNIT, KUBERNETES):
        words = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", example.read_text()))
        assert words
        assert words - OTHERS <= known
    code = "\n".join(path.read_text() for path in project.rglob("*.py")) + named
    for word in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b", PAGE.read_text()):
        assert word in OTHERS or re.search(rf"\b{word}\b", code), f"{word} is not in the project"


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#\s]+)", PAGE.read_text())
    inside = [link for link in links if "://" not in link]
    assert inside
    assert [link for link in inside if not (PAGE.parent / link).is_file()] == []
