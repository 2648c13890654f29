"""Runs the command in forked children, which need not import it again: a program of the tests.

It reads a line for each run on stdin: the folder, the arguments, the environment, the repository
with the template, and code to run instead of the command. Its answer is a line on stdout: the exit
code, stdout and stderr.
"""

import io
import json
import os
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from django_asgi_new import PROGRAM, cli, template


def warm_up() -> None:
    """Import the command's modules and compile the template once, for all later children."""
    # Not at the top: tests.cli.faults also sends signals during an import.
    from django_asgi_new import programs, pythons  # noqa: PLC0415
    from jinja2 import Environment  # noqa: PLC0415

    from tests.compiling import compile_once  # noqa: PLC0415

    patch.object(Environment, "compile", compile_once).start()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        command = programs.command(cli.create)
        command(["mysite", "--dry-run"], PROGRAM, standalone_mode=False)
    # Each child looks for Python on its own PATH.
    pythons.find.cache_clear()


def use_template(root: Path) -> None:
    """Render the template of another repository; what it shares with this one is compiled."""
    template.ROOT, template.QUESTIONS = root, root / "cookiecutter.json"
    template.hook.cache_clear()


def main() -> None:
    warm_up()
    for line in sys.stdin:
        folder, words, variables, root, code = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                os.chdir(folder)
                os.environ.clear()
                os.environ.update(variables)
                nowhere = os.open(os.devnull, os.O_RDONLY)
                for number, file in enumerate((nowhere, out.fileno(), err.fileno())):
                    os.dup2(file, number)
                sys.argv = [PROGRAM, *words]
                use_template(Path(root))
                if code:
                    exec(code, {"__name__": "__main__"})  # noqa: S102
                cli.main()
            exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = []
            for stream in (out, err):
                stream.seek(0)
                said.append(stream.read().decode("utf-8", "surrogateescape"))
        sys.stdout.write(json.dumps([exit_code, *said]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
