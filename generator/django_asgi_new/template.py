"""The template's folder and hooks."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def _root() -> Path:
    package = Path(__file__).resolve().parent
    # A wheel contains the template; in a checkout, it is the repository itself.
    inside = package / "template"
    return inside if inside.is_dir() else package.parents[1]


ROOT = _root()
QUESTIONS = ROOT / "cookiecutter.json"


@functools.cache
def hook(name: str) -> ModuleType:
    """Load one of the template's hooks as a module.

    Args:
        name: The hook's name, such as `pre_gen_project`.

    Returns:
        The module, whose `__name__` is not `__main__`: the hook itself does not run.
    """
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    loader = SourceFileLoader(f"django_asgi_new_{name}", str(ROOT / "hooks" / f"{name}.py"))
    spec = spec_from_loader(loader.name, loader)
    if spec is None:
        raise ImportError(loader.name)
    module = module_from_spec(spec)
    writes_bytecode = not sys.dont_write_bytecode
    # A `__pycache__` beside the hook would become part of the template.
    sys.dont_write_bytecode = True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = not writes_bytecode
    return module
