"""Completion for a shell: its script, or the installation of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_asgi_new import PROGRAM, report
from django_asgi_new.errors import BadAnswerError, MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALL, SHOW = "--install-completion", "--show-completion"
SHELLS = ("bash", "fish", "powershell", "pwsh", "zsh")


def run(words: Sequence[str]) -> bool:
    """Install or print the completion, if the command line asks for it.

    Typer's own options take no name of a shell, and would take it for the project's.

    Args:
        words: The arguments of the command.

    Returns:
        Whether it was asked for.

    Raises:
        BadAnswerError: The shell is unknown.
        MachineError: The script can't be installed.
    """
    for number, word in enumerate(words):
        option, _, shell = word.partition("=")
        if option in (INSTALL, SHOW):
            shell = shell or next(iter(words[number + 1 :]), "") or _running_shell()
            if shell not in SHELLS:
                raise BadAnswerError(
                    f'{option} does not support the shell "{shell}". Choose from '
                    f"{', '.join(SHELLS)}."
                )
            (_install if option == INSTALL else _show)(shell)
            return True
    return False


def _running_shell() -> str:
    from typer._completion_shared import _get_shell_name

    name = _get_shell_name()
    if name is None:
        raise BadAnswerError(
            f"The running shell can't be detected. Give its name: {', '.join(SHELLS)}."
        )
    return name


def _show(shell: str) -> None:
    from typer._completion_shared import get_completion_script

    variable = f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE"
    script = get_completion_script(prog_name=PROGRAM, complete_var=variable, shell=shell)
    report.result(script)


def _install(shell: str) -> None:
    import subprocess

    from typer._completion_shared import install

    try:
        _, path = install(shell, PROGRAM)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MachineError(
            f"The completion for {shell} can't be installed: {error}. Use {SHOW} {shell}, and save "
            "what it prints."
        ) from error
    report.result(str(path))
    report.say(f"Completion for {shell} is installed. Open a new terminal to use it.")
