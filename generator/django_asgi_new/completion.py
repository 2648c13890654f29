"""Shell completion: its script and its installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_asgi_new import report
from django_asgi_new.errors import BadAnswerError, MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALL, SHOW = "--install-completion", "--show-completion"
SHELLS = ("bash", "fish", "powershell", "pwsh", "zsh")


def run(program: str, words: Sequence[str]) -> bool:
    """Install or print the completion, if the command line asks for it.

    Typer's own options do not accept the name of a shell, and would read it as NAME.

    Args:
        program: The name of the program.
        words: Its arguments.

    Returns:
        Whether it was asked for.

    Raises:
        BadAnswerError: The shell is unknown.
        MachineError: The script can't be installed.
    """
    for number, word in enumerate(words):
        if word == "--":
            break
        option, _, shell = word.partition("=")
        if option in (INSTALL, SHOW):
            shell = shell or next(iter(words[number + 1 :]), "") or _running_shell()
            if shell not in SHELLS:
                raise BadAnswerError(
                    f'{option} does not support the shell "{shell}". Choose from '
                    f"{', '.join(SHELLS)}."
                )
            (_install if option == INSTALL else _show)(program, shell)
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


def _show(program: str, shell: str) -> None:
    from typer._completion_shared import get_completion_script

    variable = f"_{program.replace('-', '_').upper()}_COMPLETE"
    script = get_completion_script(prog_name=program, complete_var=variable, shell=shell)
    report.result(script)


def _install(program: str, shell: str) -> None:
    import subprocess

    from typer._completion_shared import install

    try:
        _, path = install(shell, program)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MachineError(
            f"The completion for {shell} can't be installed: {error}. Use {SHOW} {shell}, and save "
            "what it prints."
        ) from error
    report.result(str(path))
    report.info(f"Completion for {shell} is installed. Open a new terminal to use it.")
