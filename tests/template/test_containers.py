"""The files for containers, read by the tools that they are for."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.containers import command, context, environment, stages
from tests.debian import program
from tests.environments import render
from tests.projects.clients import SECONDS, free_port, get, wait_until
from tests.projects.servers import production_command
from tests.questions import QUESTIONS, Answers, label, usual

DEV = ("-f", "compose.yaml", "-f", "compose.dev.yaml")
SECRET = re.compile(r"secret|password|token|key|://[^/\s]*@", re.IGNORECASE)


def shaped() -> list[Answers]:
    """Return every combination that shapes these files."""
    django = QUESTIONS["django"][0]
    return [{**answers, "docker": True} for answers in usual() if answers["django"] == django]


@pytest.fixture(params=shaped(), ids=label)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return render(request.param, tmp_path)


@cache
def compose() -> str:
    """Return where Compose is: in a Python package for Linux on x86-64, or on the machine."""
    package = find_spec("compose")
    # The package's own command forgets the exit code.
    inside = (
        Path(package.origin).with_name("docker-compose") if package and package.origin else None
    )
    path = str(inside) if inside else shutil.which("docker-compose")
    if path is None and "CI" not in os.environ:
        pytest.skip("needs docker-compose, for which there is no wheel for this machine")
    assert path
    return path


def loaded(project: Path, *options: str) -> dict[str, Any]:
    """Return what the real Compose understands."""
    text = subprocess.run(
        [compose(), *options, "config", "--format", "json"],
        cwd=project,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    services: dict[str, Any] = json.loads(text)["services"]
    return services


def test_without_containers_nothing_speaks_of_them(tmp_path: Path) -> None:
    project = render({"docker": False, "database": "postgres"}, tmp_path)
    texts = [path.read_text() for path in project.glob("*") if path.is_file()]
    answers = (project / "pyproject.toml").read_text()
    assert "docker = false" in answers
    for word in ("compose", "Dockerfile", "Caddy", "POSTGRES_PASSWORD"):
        assert not any(word in text for text in texts)
        assert not list(project.glob(f"*{word}*"))


def test_linter_has_nothing_to_say(project: Path) -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [linter, "--failure-threshold", "style", project / "Dockerfile"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_command_is_that_of_the_readme(project: Path) -> None:
    local = [word.replace("0.0.0.0", "127.0.0.1") for word in command(project)]  # noqa: S104
    assert local == production_command(project, 8000)[2:]


def test_no_secret_stays_in_a_layer(project: Path) -> None:
    for stage in stages(project):
        for keyword in ("ENV", "ARG", "LABEL"):
            assert not any(SECRET.search(text) for text in stage.all(keyword))
    secrets = re.findall(r"(?:KEY|PASSWORD)=(\w+)", (project / ".env").read_text())
    files = [path for path in project.rglob("*") if path.is_file() and path.name != ".env"]
    assert secrets
    assert not any(secret in path.read_text() for secret in secrets for path in files)


def test_build_gets_what_it_copies_and_no_more(project: Path, tmp_path: Path) -> None:
    (project / "db.sqlite3").touch()
    (project / "index/__pycache__").mkdir()
    (project / "index/__pycache__/views.pyc").touch()
    made = context(project, tmp_path / "context")
    for stage in stages(project):
        for copied in stage.all("COPY"):
            *sources, _ = copied.split()
            if not sources[0].startswith("--from="):
                assert all(
                    list(made.glob(source)) for source in sources if source not in {".", "uv.lock*"}
                )
    code = {path.name for path in project.iterdir() if (path / "__init__.py").exists()} - {"tests"}
    left = {path.name for path in made.iterdir()}
    assert left == code | {"Caddyfile", "manage.py", "pyproject.toml"}
    assert not list(made.rglob("*.pyc"))


def test_compose_files_follow_the_schema(project: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"),
            *(project / "compose.yaml", project / "compose.dev.yaml"),
        ],
        check=True,
    )


def test_compose_understands(project: Path) -> None:
    services = loaded(project)
    ours = {"proxy", "web", "migrate"}
    assert [name for name in services if "ports" in services[name]] == ["proxy"]
    for name in ours:
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
        assert services[name]["stop_grace_period"] == "20s"
        assert "DEBUG" not in services[name]["environment"]
    assert services["web"]["environment"] == services["migrate"]["environment"]
    # What Compose resolves and what the test that runs the image resolves is the same.
    assert services["web"]["environment"] == environment(project, "web")
    assert services["web"]["deploy"]["replicas"] == (2 if "redis" in services else 1)
    for name in set(services) - ours:
        assert services[name]["healthcheck"]["test"]
    targets = {
        name: service["build"]["target"] for name, service in services.items() if "build" in service
    }
    assert targets == {"proxy": "proxy", "web": "web", "migrate": "web"}
    assert set(targets.values()) <= {stage.name for stage in stages(project)}

    development = loaded(project, *DEV)
    assert set(services) - set(development) == {"proxy"}
    (port,) = development["web"]["ports"]
    assert (port["host_ip"], port["published"]) == ("127.0.0.1", "8000")
    assert development["web"]["deploy"]["replicas"] == 1
    assert development["web"]["environment"]["DEBUG"] == "True"
    assert not development["web"].get("read_only")


def test_compose_names_what_is_missing(project: Path) -> None:
    environment_file = project / ".env"
    lines = environment_file.read_text().splitlines()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        left = [line for line in lines if not line.startswith(f"{name}=")]
        if left == lines:
            continue
        environment_file.write_text("\n".join(left))
        done = subprocess.run(
            [compose(), "config", "--quiet"],
            cwd=project,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode
        assert f"Set {name} in .env" in done.stderr


@pytest.fixture
def caddyfile(tmp_path: Path) -> Path:
    return render({"docker": True}, tmp_path) / "Caddyfile"


@contextmanager
def proxy(caddyfile: Path, static: Path) -> Iterator[int]:
    """Run the proxy without TLS, in front of nothing."""
    port = free_port()
    variables = {
        "DOMAIN": f"http://127.0.0.1:{port}",
        "STATIC_ROOT": str(static),
        "UPSTREAMS": f"127.0.0.1:{free_port()}",
        "HOME": str(static.parent),
    }
    run = [program("caddy", "caddy"), "run", "--config", str(caddyfile), "--adapter", "caddyfile"]
    with subprocess.Popen(run, env=variables) as process:
        try:
            wait_until(answers(port), "an answer of the proxy")
            yield port
            process.terminate()
            process.wait(SECONDS)
        finally:
            process.kill()


def answers(port: int) -> Callable[[], bool]:
    def asked() -> bool:
        try:
            return get(port, "/metrics")[0] == 404
        except OSError:
            return False

    return asked


def test_caddy_understands_its_file(caddyfile: Path) -> None:
    caddy = program("caddy", "caddy")
    file = str(caddyfile)
    subprocess.run([caddy, "validate", "--config", file, "--adapter", "caddyfile"], check=True)
    formatted = subprocess.run([caddy, "fmt", file], check=False, stdout=subprocess.PIPE)
    assert formatted.stdout.decode() == caddyfile.read_text()


def test_proxy_keeps_static_files_as_long_as_their_names_say(
    caddyfile: Path, tmp_path: Path
) -> None:
    static = tmp_path / "static files"
    (static / "site").mkdir(parents=True)
    for name in (
        "site.css",
        "site.0123456789ab.css",
        "LICENSE.0123456789ab",
        "logo.0123456789.svg",
    ):
        (static / "site" / name).write_text("plain")
    long, short = "public, max-age=31536000, immutable", "public, max-age=60"
    with proxy(caddyfile, static) as port:
        for name, expected in {
            "site.css": short,
            "site.0123456789ab.css": long,
            "LICENSE.0123456789ab": long,
            "logo.0123456789.svg": short,
        }.items():
            status, headers, text = get(port, f"/static/site/{name}")
            assert (status, text) == (200, "plain")
            assert headers["cache-control"] == expected
            assert headers["x-content-type-options"] == "nosniff"
        # A browser that asks too early, while a new version is brought up, must ask again.
        status, headers, _ = get(port, "/static/site/site.ba9876543210.css")
        assert status == 404
        assert "cache-control" not in headers
        for path in ("/metrics", "/metrics/", "//metrics", "/static/../metrics"):
            assert get(port, path)[0] != 200
        assert get(port, "/")[0] == 502
