"""Where the template lies, and how to load its hooks."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def _root() -> Path:
    package = Path(__file__).resolve().parent
    # A wheel carries the template inside; in a checkout it is the repository itself.
    inside = package / "template"
    return inside if inside.is_dir() else package.parents[1]


ROOT = _root()
QUESTIONS = ROOT / "cookiecutter.json"


class _Loader(SourceFileLoader):
    """Loads a hook without leaving a `__pycache__` beside it, which the template would ship."""

    def set_data(self, path: str, data: object, *, _mode: int = 0o666) -> None:
        """Write no bytecode."""


def hook(name: str) -> ModuleType:
    """Load one of the template's hooks as a module.

    Args:
        name: The hook's name, such as `pre_gen_project`.

    Returns:
        The module, whose `__name__` is not `__main__`: the hook itself does not run.
    """
    loader = _Loader(f"django_asgi_new_{name}", str(ROOT / "hooks" / f"{name}.py"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    if spec is None:
        raise ImportError(loader.name)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
