"""The environment of the programs that the command runs."""

from __future__ import annotations

import os

# Variables that make a program use another project, repository, environment or code. Those for
# indexes, certificates, proxies and caches stay as the user has set them.
REDIRECTING = frozenset(
    [
        # Another repository or configuration: git sets some of them for its hooks.
        # Source: git rev-parse --local-env-vars
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
        # Another project, environment or Python, or a lock file that does not exist yet.
        # Source: https://docs.astral.sh/uv/reference/environment/
        "UV_FROZEN", "UV_LOCKED", "UV_NO_PROJECT", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "VIRTUAL_ENV",
        # Another standard library, other modules, or an interactive session at the end.
        # Source: https://docs.python.org/3/using/cmdline.html#environment-variables
        "PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH", "PYTHONPLATLIBDIR",
        "PYTHONSAFEPATH", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHON_PRESITE",
        "__PYVENV_LAUNCHER__",
        # Another place to install to, where the build of a package runs pip.
        "PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET", "PIP_USER",
        # Another project's settings, and the mark of a process that a reloader has started.
        "DJANGO_SETTINGS_MODULE", "RUN_MAIN",
    ]
)  # fmt: skip


def environment() -> dict[str, str]:
    """Return the user's environment without the variables that redirect programs."""
    return {name: value for name, value in os.environ.items() if name not in REDIRECTING}
