"""The files for GitHub and pre-commit: their commands run for real; linters report their faults."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django_asgi_new import pythons

from tests.containers import python_version
from tests.environments import (
    OF_THE_MACHINE,
    base_prefix,
    python_for,
    runnable,
    supported,
)
from tests.proofs.linted import BIN, DEPENDABOT, HOOKS, TOOLS, WORKFLOW, zizmor
from tests.questions import QUESTIONS, Answers, combinations, label, pairs
from tests.rendering import render, write
from tests.shared import common, locked

# A fault, by the linter that must report it and its complaint.
FAULTS = {
    ("hadolint", "DL3020"): ("COPY Caddyfile", "ADD Caddyfile"),
    ("schema of Compose", "cap_drops"): ("cap_drop:", "cap_drops:"),
    ("zizmor", "artipacked"): ("persist-credentials: false", "persist-credentials: true"),
    ("zizmor", "insufficient default-days"): ("default-days: 7", "default-days: 1"),
    ("jactionlint", "job-needs"): ("needs: test", "needs: tests"),
    ("jactionlint", "SC2086"): ("if [ -f uv.lock ];", "if [ -f $lock ];"),
    ("schema of workflows", "runs_on"): ("runs-on:", "runs_on:"),
    ("schema of Dependabot", "sometimes"): ("weekly", "sometimes"),
    ("pre-commit", "Missing required"): ("entry:", "entries:"),
}


def pre_commit(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pre_commit", *arguments]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Render every combination that has these files, and return one project for each content.

    The server does not shape them.
    """
    rendered = []
    for answers in combinations():
        if answers["ci"] == "github" and answers["server"] == QUESTIONS["server"][0]:
            rendered.append(tmp_path_factory.mktemp("project"))
            write(answers, rendered[-1])
    names = (WORKFLOW, DEPENDABOT, HOOKS, "compose.yaml", ".env.example")
    files = [[project / name for name in names] for project in rendered]
    content = [tuple(file.read_text() if file.exists() else None for file in f) for f in files]
    return list(dict(zip(content, rendered, strict=True)).values())


@pytest.fixture(scope="module")
def workflows(projects: list[Path]) -> list[dict[str, Any]]:
    return [yaml.safe_load((project / WORKFLOW).read_text()) for project in projects]


def test_server_does_not_shape_the_files(tmp_path: Path) -> None:
    made = [tmp_path / server for server in QUESTIONS["server"]]
    for folder in made:
        write({"server": folder.name}, folder)
    for file in (WORKFLOW, DEPENDABOT, HOOKS):
        assert len({(project / file).read_text() for project in made}) == 1


@pytest.mark.parametrize(("linter", "complaint"), FAULTS)
def test_linter_reports_a_fault(linter: str, complaint: str, tmp_path: Path) -> None:
    write({}, project := tmp_path / "mysite")
    fault = FAULTS[linter, complaint]
    for file in TOOLS[linter].files:
        text = (project / file).read_text()
        (project / file).write_text(text.replace(*fault))
    with pytest.raises(AssertionError, match=complaint):
        TOOLS[linter].run(project)


@pytest.mark.xdist_group("ci")
def test_only_a_tag_of_a_service_is_excused(projects: list[Path]) -> None:
    done = subprocess.run(
        [*zizmor("--no-ignores", "--format=json"), *projects],
        check=False,
        capture_output=True,
        text=True,
    )
    assert {finding["ident"] for finding in json.loads(done.stdout)} == {"unpinned-images"}


@pytest.mark.xdist_group("ci")
def test_every_action_is_pinned(workflows: list[dict[str, Any]]) -> None:
    for workflow in workflows:
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        used = [step["uses"] for step in steps if "uses" in step]
        assert used
        assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", name) for name in used)


@pytest.mark.xdist_group("ci")
def test_services_are_those_of_the_project(
    projects: list[Path], workflows: list[dict[str, Any]]
) -> None:
    for project, workflow in zip(projects, workflows, strict=True):
        job = workflow["jobs"]["test"]
        services = job.get("services", {})
        urls = {name: urlsplit(text) for name, text in job["env"].items() if name.endswith("_URL")}
        listed = (project / ".env.example").read_text().splitlines()
        assert set(urls) == {line.split("=")[0] for line in listed if re.match(r"\w+_URL=", line)}
        assert {url.scheme.removesuffix("ql") for url in urls.values()} == set(services)
        for url in urls.values():
            assert services[url.scheme]["ports"] == [f"{url.port}:{url.port}"]
            assert "--health-cmd" in services[url.scheme]["options"]
        if (project / "compose.yaml").exists():
            deployed = yaml.safe_load((project / "compose.yaml").read_text())["services"]
            for name, service in services.items():
                assert service["image"] == deployed[name]["image"]


@pytest.mark.xdist_group("ci")
def test_images_are_built_where_there_are_some(
    projects: list[Path], workflows: list[dict[str, Any]]
) -> None:
    for project, workflow in zip(projects, workflows, strict=True):
        updates = yaml.safe_load((project / DEPENDABOT).read_text())["updates"]
        kinds = {update["package-ecosystem"] for update in updates}
        docker = (project / "Dockerfile").exists()
        assert ("image" in workflow["jobs"]) == docker
        assert kinds == {"uv", "github-actions"} | (
            {"docker", "docker-compose"} if docker else set()
        )


def test_without_ci_nothing_speaks_of_it(tmp_path: Path) -> None:
    write({"ci": "none", "docker": False}, project := tmp_path / "mysite")
    assert not (project / ".github").exists()
    assert not (project / HOOKS).exists()
    for word in ("GitHub", "pre-commit", "Dependabot"):
        assert word not in (project / "README.md").read_text()


@dataclass(frozen=True)
class Runner:
    """A machine with a project, as GitHub lends one or a developer has one."""

    project: Path
    variables: dict[str, str]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.project,
            check=False,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def succeed(self, *command: str | Path) -> None:
        done = self.run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}"

    def step(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a step as GitHub does that names no shell."""
        file = self.project.parent / "step.sh"
        file.write_text(script)
        if "mypy" not in script:
            return self.run("bash", "-e", file)
        with locked(Path(self.variables["MYPY_CACHE_DIR"])):
            return self.run("bash", "-e", file)


def runner(answers: Answers, folder: Path, mypy: Path, *tools: str) -> Runner:
    """Render a project and make it a repository, beside these tools and nothing else of ours.

    Args:
        answers: What the project is generated from.
        folder: Where it is.
        mypy: What mypy knows of the packages of these projects.
        tools: What a machine of GitHub has, or that of a developer.
    """
    project = render(answers, folder / "work")
    python = python_for(answers)
    assert python
    programs = folder / "bin"
    programs.mkdir()
    for name in tools:
        (programs / name).symlink_to(BIN / name)
    identity = {
        f"GIT_{who}_{what}": "test@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    variables = {
        **{name: value for name, value in os.environ.items() if OF_THE_MACHINE.match(name)},
        **identity,
        "CI": "true",
        "MYPY_CACHE_DIR": str(mypy),
        "PATH": os.pathsep.join([str(programs), f"{base_prefix(python)}/bin", os.defpath]),
        "PIPX_BIN_DIR": str(programs),
        "PIPX_HOME": str(folder / "pipx"),
        "PRE_COMMIT_HOME": str(folder / "pre-commit"),
        "UV_PYTHON": python.name.removeprefix("Python "),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    made = Runner(project, variables)
    made.succeed("git", "init", "--quiet", "--initial-branch=main")
    # It is in no clone.
    (project / ".env").unlink()
    made.succeed("git", "add", "--all")
    return made


def some() -> list[Answers]:
    """Return a combination with no service and one with all of them, that this machine can run."""
    found = runnable(pairs("layer", "database"))
    return [found[0], found[-1]]


@pytest.mark.parametrize(
    ("answers", "has_lock"),
    list(zip(some(), [False, True], strict=True)),
    ids=[*map(label, some())],
)
def test_steps_succeed(
    answers: Answers,
    has_lock: bool,  # noqa: FBT001
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = runner(answers, tmp_path, common(tmp_path_factory) / "mypy", "pipx")
    job = yaml.safe_load((made.project / WORKFLOW).read_text())["jobs"]["test"]
    # No service runs here: as on a developer's machine, there is SQLite and the embedded Valkey.
    services = {name for name in job["env"] if name.endswith("_URL")}
    assert {name: job["env"][name] for name in set(job["env"]) - services} == {
        "UV_PYTHON": "${{ matrix.python }}"
    }
    assert answers["database"] == "sqlite" or "DATABASE_URL" in services
    if has_lock:
        subprocess.run(
            [BIN / "uv", "lock", "--quiet"], cwd=made.project, check=True, env=made.variables
        )
        made.succeed("git", "add", "uv.lock")
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    for script in scripts:
        done = made.step(script)
        assert done.returncode == 0, f"{script}: {done.stdout}"
    # Nothing that was checked out has changed.
    made.succeed("git", "diff", "--exit-code")
    if has_lock:
        pyproject = made.project / "pyproject.toml"
        pyproject.write_text(pyproject.read_text().replace('"websockets>=16,', '"websockets>=15,'))
        (install,) = [script for script in scripts if "uv sync" in script]
        assert "needs to be updated" in made.step(install).stdout


@pytest.mark.parametrize("answers", pairs("django", "server"), ids=label)
def test_the_oldest_python_and_that_of_the_image_are_tested(
    answers: Answers, tmp_path: Path
) -> None:
    write({**answers, "docker": True}, project := tmp_path / "mysite")
    job = yaml.safe_load((project / WORKFLOW).read_text())["jobs"]["test"]
    oldest, production = job["strategy"]["matrix"]["python"]
    assert pythons.parse(oldest) == supported(answers)[0]
    assert pythons.parse(production) in supported(answers)
    assert pythons.parse(production) == python_version(project)


def test_hooks_let_a_fresh_project_pass_and_stop_a_fault(tmp_path: Path) -> None:
    # The one with all services: no answer shapes the hooks, and the matrix lints every project.
    made = runner(some()[-1], tmp_path, tmp_path / "mypy", "uv")
    # As the README says of a fresh clone: mypy reads the settings.
    made.succeed("cp", ".env.example", ".env")
    done = made.run(*pre_commit("run", "--all-files"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == done.stdout.count("\n") == 3, done.stdout
    made.succeed("git", "diff", "--exit-code")
    made.succeed(*pre_commit("install"))
    # What uv's first run has made is to be committed.
    made.succeed("git", "add", "--all")
    made.succeed("git", "commit", "--quiet", "--message=test")
    (made.project / "index/fault.py").write_text('"""A fault."""\n\nNUMBER: int = "one"\n')
    made.succeed("git", "add", "--all")
    done = made.run("git", "commit", "--quiet", "--message=fault")
    assert done.returncode == 1
    assert "index/fault.py:3: error: Incompatible types" in done.stdout
