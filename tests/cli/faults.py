"""Runs the command many times, each time with something bad at another moment.

A moment is one of Python's audit events: a module is imported, a file opened, a folder made. So the
moments are the same in every run, where a clock would hit others.

Source: https://docs.python.org/3/library/audit_events.html
"""

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from django_asgi_new import cli

from tests.cli.command import tree, without_secret
from tests.cli.forks import warm_up

OUTPUT_DIR = "new/folders"
# In the last moments the project is put in its place. Signals come to them more often.
LAST = 120
OFTEN = 8
WRITING = {"os.mkdir", "os.rename", "os.chmod", "os.link", "os.symlink", "tempfile.mkdtemp"}

Fault = Callable[[], None]


@dataclass
class Outcome:
    """What a run came to.

    Attributes:
        moment: The number of the event at which the fault came.
        event: Its name.
        code: The exit code.
        said: What stood on stderr.
        left: "nothing", "all" or the paths of something in between.
    """

    moment: int
    event: str
    code: int
    said: str
    left: str


def is_writing(event: str, arguments: tuple[object, ...]) -> bool:
    """Tell whether an event makes or changes something below the output directory."""
    if not arguments or OUTPUT_DIR.split("/", maxsplit=1)[0] not in str(arguments[0]).split("/"):
        return False
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in WRITING


class Hook:
    """Counts events, and calls a fault at one of them."""

    def __init__(self, fault: Fault, moment: int, *, writing: bool, lasting: bool) -> None:
        self.fault, self.moment = fault, moment
        self.writing, self.lasting = writing, lasting
        self.count = 0
        self.first_write = 0
        self.event = ""
        self.busy = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        writes = is_writing(event, arguments)
        if self.busy or (self.writing and not writes):
            return
        self.count += 1
        if writes:
            self.first_write = self.first_write or self.count
        due = self.count == self.moment or (self.lasting and 0 < self.moment < self.count)
        if due:
            self.event = self.event or event
            self.busy = True
            try:
                self.fault()
            finally:
                self.busy = False


def run(folder: Path, hook: Hook) -> Outcome:
    """Run the command in a child process, and look at what it left."""
    said = folder.parent / "said"
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for number, path in ((1, Path(os.devnull)), (2, said)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["django-asgi-new", "mysite", "-o", OUTPUT_DIR]
        sys.addaudithook(hook)
        try:
            cli.main()
        finally:
            hook.busy = True
            (folder.parent / "hook").write_text(
                json.dumps([hook.count, hook.first_write, hook.event])
            )
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    count, hook.first_write, event = json.loads((folder.parent / "hook").read_text())
    return Outcome(hook.moment or count, event, code, said.read_text(), "")


def raising(number: int) -> Fault:
    def fault() -> None:
        raise OSError(number, os.strerror(number))

    return fault


def fault_of(name: str, folder: Path) -> Fault:
    """Return the function that sends a signal, raises an error or removes the output directory."""
    if name == "vanish":
        return lambda: shutil.rmtree(folder / OUTPUT_DIR, ignore_errors=True)
    if not name.startswith("SIG"):
        return raising(getattr(errno, name))
    # Tests that run in the background inherit signals that are ignored.
    signal.signal(signal.Signals[name], signal.SIG_DFL)
    return lambda: os.kill(os.getpid(), signal.Signals[name])


def reset(folder: Path, *, occupied: bool) -> None:
    """Remove the output directory; put a fresh repository at the destination if that is wanted."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    if occupied:
        clone = folder / OUTPUT_DIR / "mysite"
        (clone / ".git").mkdir(parents=True)
        (clone / ".github/workflows").mkdir(parents=True)
        for name in ("README.md", "LICENSE", ".gitignore", ".github/workflows/other.yml"):
            (clone / name).write_text("mine\n")
        (clone / ".gitignore").chmod(0o600)


def state(folder: Path) -> dict[str, object]:
    """Return the content and the mode of all below a folder, but for the secret."""
    files = tree(folder)
    if ".env" in files:
        files = without_secret(files)
    return {path: (files[path], (folder / path).stat().st_mode) for path in files}


def moments(end: int, step: int, start: int, *, often: bool) -> list[int]:
    """Return the moments to look at; with `often`, more of the last ones."""
    chosen = {*range(start + 1, end, step), end}
    if often:
        chosen |= {*range(end - LAST + start // OFTEN, end, step // OFTEN)}
    return sorted(chosen)


def main(fault_name: str, folder: Path, step: int, start: int, *, occupied: bool) -> None:
    """Print an outcome for an undisturbed run, and for each moment.

    Args:
        fault_name: A signal's or an error number's name, or "vanish": the output directory does.
        folder: Where to run the command.
        step: Look at every moment, at every second one, ...
        start: How many moments to leave out first.
        occupied: Whether the destination holds a fresh repository.
    """
    disturbs_writing = not fault_name.startswith("SIG")
    fault = fault_of(fault_name, folder)

    def outcome(moment: int) -> tuple[Outcome, Hook]:
        reset(folder, occupied=occupied)
        lasting = disturbs_writing and fault_name != "vanish"
        hook = Hook(fault, moment, writing=disturbs_writing, lasting=lasting)
        return run(folder, hook), hook

    def print_outcome(moment: int) -> None:
        found, _ = outcome(moment)
        found.left = left()
        print(json.dumps(asdict(found)))

    def left() -> str:
        after = state(folder)
        if after == before:
            return "nothing"
        made = folder / OUTPUT_DIR / "mysite"
        if made.is_dir() and state(made) == whole and [*(folder / OUTPUT_DIR).iterdir()] == [made]:
            return "all"
        return str(sorted(path for path in after if after[path] != before.get(path)))

    reset(folder, occupied=occupied)
    before = state(folder)
    if disturbs_writing:
        warm_up()
    else:
        # The first run may compile modules, whose files would be more moments.
        outcome(0)
    undisturbed, hook = outcome(0)
    whole = state(folder / OUTPUT_DIR / "mysite")
    print(json.dumps(asdict(undisturbed)))
    if not disturbs_writing:
        # A few moments of a process that has imported nothing yet, which takes long.
        for moment in range(32 * start + 1, hook.first_write, 32 * step):
            print_outcome(moment)
        warm_up()
        undisturbed, _ = outcome(0)
    for moment in moments(undisturbed.moment, step, start, often=not disturbs_writing):
        print_outcome(moment)


if __name__ == "__main__":
    name, place, *numbers, kind = sys.argv[1:]
    main(name, Path(place), *map(int, numbers), occupied=kind == "occupied")
