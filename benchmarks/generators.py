"""Measure the command beside other generators, and write benchmarks/GENERATORS.md."""

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("GENERATORS.md")
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
UV = [sys.executable, "-m", "uv"]
OURS = "django-asgi-new"
PAGE_WITHIN = 120  # seconds

# The highest acceptable median ratio of ours to a peer.
GOALS = {
    ("render", "cookiecutter"): 0.75,
    ("render", "django-admin"): 1.0,
    ("--help", "cookiecutter"): 0.3,
    ("live page", "script"): 0.5,
}

Action = Callable[[Path], None]


@dataclass
class Row:
    """CPU seconds of each generator for one task, round by round."""

    title: str
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def ratios(self, peer: str) -> list[float]:
        """Return the ratio of ours to a peer in each round."""
        return [
            own / other for own, other in zip(self.seconds[OURS], self.seconds[peer], strict=True)
        ]


class Workshop:
    """A folder with the generators, and the template in the language of each."""

    def __init__(self, folder: Path) -> None:
        """Install the generators from their packages, in one environment."""
        self.folder = folder
        self.bin = folder / "environment" / "bin"
        python = self.bin / "python"
        run([*UV, "venv", "--quiet", "--python", sys.executable, self.bin.parent])
        packages: list[str | Path] = [ROOT, "cookiecutter", "copier", "django"]
        install: list[str | Path] = [
            *UV,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            python,
        ]
        run([*install, *packages])
        self.versions = json.loads(
            subprocess.run(
                [*UV, "pip", "list", "--quiet", "--format=json", "--python", python],
                check=True,
                capture_output=True,
            ).stdout
        )
        self.copier = self._copier_template()
        self.django = self._django_template()

    def command(self, name: str) -> str:
        """Return the path of an installed generator."""
        return str(self.bin / name)

    def version(self, package: str) -> str:
        """Return the version of an installed package."""
        return next(str(one["version"]) for one in self.versions if one["name"] == package)

    def _copier_template(self) -> Path:
        """Write the template for copier, which uses Jinja too.

        A hidden question holds the answers under the name that the template uses.
        """
        made = self.folder / "copier"
        shutil.copytree(TEMPLATE, made / "template")
        dry = [self.command(OURS), "mysite", "--dry-run", "--json"]
        answers = json.loads(subprocess.run(dry, check=True, capture_output=True).stdout)["answers"]
        questions = json.loads((ROOT / "cookiecutter.json").read_text())
        values = {
            **answers,
            "project_slug": "mysite",
            "__package": "mysite",
            "__app_class": "Index",
            "__python": "3.12" if answers["django"] == "6.1" else "3.11",
            "__python_below": "",
            "__python_production": "3.14",
            "__memory": "memory",
            "__redis": "",
            "__sqlite": "sqlite",
            "_template_version": questions["_template_version"],
        }
        settings = {
            "_subdirectory": "template",
            "_templates_suffix": "",
            "_envops": {**questions["_jinja2_env_vars"], "keep_trailing_newline": True},
            "cookiecutter": {"type": "json", "default": json.dumps(values), "when": False},
        }
        # JSON is YAML too.
        (made / "copier.yml").write_text(json.dumps(settings))
        for path in made.rglob("*.*"):
            # Copier can't copy a file as it is, and has no function for the secret.
            if path.suffix in (".css", ".js", ".svg"):
                path.write_text(f"{{% raw %}}{path.read_text()}{{% endraw %}}")
            elif path.is_file():
                path.write_text(path.read_text().replace("random_ascii_string(64)", "'x' * 64"))
        return made

    def _django_template(self) -> Path:
        """Write the rendered project as a Django template, whose only variable is the name."""
        made = self.folder / "django"
        run([self.command(OURS), "mysite", "--quiet", "--output-dir", made])
        project = made / "mysite"
        (project / "mysite").rename(project / "project_name")
        for path in project.rglob("*"):
            if path.suffix in (".py", ".md", ".toml"):
                path.write_text(path.read_text().replace("mysite", "{{ project_name }}"))
        return project


def run(command: Sequence[str | Path], **options: object) -> None:
    """Run a program; if it fails, exit with its output."""
    done = subprocess.run(  # type: ignore[call-overload]
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options
    )
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")


def renderers(shop: Workshop) -> dict[str, Action]:
    """Return actions that render the same template, by the name of the generator."""
    django: list[str | Path] = [
        shop.command("django-admin"),
        "startproject",
        "mysite",
        ".",
        "--template",
    ]
    found: dict[str, Action] = {
        OURS: lambda folder: run([shop.command(OURS), "mysite"], cwd=folder),
        "cookiecutter": lambda folder: run(
            [shop.command("cookiecutter"), ROOT, "--no-input", "project_name=mysite"], cwd=folder
        ),
        "copier": lambda folder: run(
            [shop.command("copier"), "copy", "--defaults", "--quiet", shop.copier, "mysite"],
            cwd=folder,
        ),
        "django-admin": lambda folder: run(
            [*django, shop.django, "--extension=py,md,toml"], cwd=folder
        ),
    }
    npm = shutil.which("npm")
    if npm:
        vite: list[str | Path] = [npm, "create", "--yes", "vite@latest", "mysite", "--"]
        found["npm create vite"] = lambda folder: run(
            [*vite, "--template", "vanilla", "--no-interactive"], cwd=folder
        )
    return found


def helpers(shop: Workshop) -> dict[str, Action]:
    """Return actions that show the help, by the name of the generator."""
    commands: dict[str, list[str]] = {
        OURS: [OURS, "--help"],
        "cookiecutter": ["cookiecutter", "--help"],
        "copier": ["copier", "--help"],
        "django-admin": ["django-admin", "startproject", "--help"],
    }

    def action(name: str, *arguments: str) -> Action:
        return lambda _: run([shop.command(name), *arguments])

    return {name: action(*words) for name, words in commands.items()}


def live(shop: Workshop) -> dict[str, Action]:
    """Return actions that create and serve a project until its page answers."""
    made = shop.folder / "live"
    # Every Python runs it, so that both have the same.
    command = [shop.command(OURS), "mysite", "--django=5.2"]
    run([*command, "--quiet", "--output-dir", made])
    project = tomllib.loads((made / "mysite" / "pyproject.toml").read_text())
    packages = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]

    def ours(folder: Path) -> None:
        with subprocess.Popen(
            [*command, "--run"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            # The address is printed when the page answers.
            if process.stdout is None or not process.stdout.readline():
                raise SystemExit("no page")
            process.send_signal(signal.SIGINT)

    def script(folder: Path) -> None:
        environment = folder / ".venv" / "bin"
        run([sys.executable, "-m", "venv", environment.parent])
        run([environment / "pip", "install", "--quiet", *packages])
        run([environment / "django-admin", "startproject", "mysite", folder])
        manage: list[str | Path] = [environment / "python", "manage.py"]
        run([*manage, "migrate"], cwd=folder)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        # Without reload there is one process to stop.
        with subprocess.Popen(
            [*manage, "runserver", "--noreload", str(port)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            wait_for(f"http://127.0.0.1:{port}/")
            process.send_signal(signal.SIGINT)

    return {OURS: ours, "script": script}


def wait_for(address: str) -> None:
    """Wait until a page answers."""
    end = time.monotonic() + PAGE_WITHIN
    while True:
        try:
            urllib.request.urlopen(address).close()  # noqa: S310, an address of this program
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def measured(seconds: list[float]) -> Iterator[None]:
    """Add the CPU seconds of the programs that run inside, and of their children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(title: str, actions: dict[str, Action], rounds: int) -> Row:
    """Measure generators in turn. The first round only warms the caches and does not count."""
    row = Row(title)
    for number in range(rounds + 1):
        for name, action in actions.items():
            with tempfile.TemporaryDirectory() as folder:
                seconds = row.seconds.setdefault(name, []) if number else []
                with measured(seconds):
                    action(Path(folder))
    print(*cells(row), sep="\n")
    return row


def cells(row: Row) -> Iterator[str]:
    """Yield a line of the table for each generator."""
    for name, seconds in row.seconds.items():
        ratio, verdict = "", ""
        if name != OURS:
            ratios = row.ratios(name)
            ratio = f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
            goal = GOALS.get((row.title, name))
            if goal:
                verdict = f"<= {goal}: {'met' if median(ratios) <= goal else 'NOT MET'}"
        yield f"| {row.title} | {name} | {median(seconds):.2f} | {ratio} | {verdict} |"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generators", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(folder))
        rows = [
            compare("render", renderers(shop), rounds),
            compare("--help", helpers(shop), rounds),
            compare("live page", live(shop), max(1, rounds // 2)),
        ]
        versions = ", ".join(
            f"{name} {shop.version(name)}" for name in ("cookiecutter", "copier", "django")
        )
    RESULTS.write_text(
        "# The command beside other generators\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {versions}; {rounds} rounds, "
        f"of the live page {max(1, rounds // 2)}. Written by `python -m benchmarks.generators`.\n\n"
        "| what | generator | CPU seconds | ours / its (least..greatest) | goal |\n"
        "| --- | --- | --- | --- | --- |\n"
        + "\n".join(line for row in rows for line in cells(row))
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
