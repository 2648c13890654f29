"""The files for containers: read by the real tools, and run for real without an engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.debian import program
from tests.environments import python_for, render, runnable
from tests.projects.clients import SECONDS, free_port, get, wait_until
from tests.projects.servers import production_command
from tests.questions import QUESTIONS, Answers, label, pairs, usual

DEV = ("-f", "compose.yaml", "-f", "compose.dev.yaml")
SECRET = re.compile(r"secret|password|token|key|://[^/\s]*@", re.IGNORECASE)
# The folders of a container, which lie elsewhere in a test.
FOLDERS = re.compile(r"(?<![\w.-])/(app|venv|data)\b")


def shaped() -> list[Answers]:
    """Return every combination that shapes these files."""
    django = QUESTIONS["django"][0]
    return [{**answers, "docker": True} for answers in usual() if answers["django"] == django]


def few() -> list[Answers]:
    """Return a few of them, with each server on each database, that this machine can run."""
    return [{**answers, "docker": True} for answers in runnable(pairs("server", "database"))]


@pytest.fixture(params=shaped(), ids=label)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return render(request.param, tmp_path)


@dataclass
class Stage:
    """A stage of a Dockerfile."""

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, keyword: str) -> list[str]:
        return [arguments for found, arguments in self.steps if found == keyword]


def stages(project: Path) -> list[Stage]:
    text = (project / "Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: list[Stage] = []
    for line in filter(None, lines):
        keyword, arguments = line.split(maxsplit=1)
        if keyword == "FROM":
            found.append(Stage(arguments.split(" AS ")[1]))
        else:
            found[-1].steps.append((keyword, " ".join(arguments.split())))
    return found


def command(project: Path) -> list[str]:
    (text,) = stages(project)[-1].all("CMD")
    words: list[str] = json.loads(text)
    return words


def context(project: Path, folder: Path) -> Path:
    """Copy what .dockerignore leaves for a build."""
    patterns = [
        line
        for line in (project / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    def left_out(inside: str, names: list[str]) -> list[str]:
        here = Path(inside).relative_to(project)
        return [
            name
            for name in names
            for pattern in patterns
            if fnmatch(name, pattern.removeprefix("**/"))
            and (pattern.startswith("**/") or here == Path())
        ]

    shutil.copytree(project, folder, ignore=left_out)
    return folder


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


def environment(project: Path, service: str) -> dict[str, str]:
    """Return the environment of a service, the variables taken from .env."""
    given = dict(
        line.split("=", 1)
        for line in (project / ".env").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        found: str | None = given.get(name)
        assert found or operator == ":-", rest
        return found or str(rest)

    variables = yaml.safe_load((project / "compose.yaml").read_text())["services"][service]
    return {
        name: re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text)
        for name, text in variables["environment"].items()
    }


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
        subprocess.run(["sh", "-euc", shell], cwd=folder, check=True, env=self.variables)

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
    base = python_for(str(answers["django"]))
    assert base
    # The Python of python:3.13-slim, with its pip.
    python = folder / "python"
    subprocess.run([base.path, "-m", "venv", python], check=True)
    # Registries and certificates are those of the machine, the rest is of the image alone.
    passed = re.compile(r"(PIP|UV|SSL|REQUESTS)_|HOME$|\w+_proxy$", re.IGNORECASE)
    variables = {name: value for name, value in os.environ.items() if passed.match(name)}
    # uv makes no environment from another environment.
    prefix = subprocess.run(
        [base.path, "-c", "import sys; print(sys.base_prefix)"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    path = os.pathsep.join([f"{python}/bin", f"{prefix}/bin", os.defpath])
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
    variables = {**image.variables, **environment(project, "web")}

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
