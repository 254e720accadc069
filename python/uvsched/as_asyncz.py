"""install_as_asyncz(): what a program or a library imports from asyncz comes from uvsched."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

__all__ = ["install_as_asyncz"]

_PAGE = "docs/migrating-from-asyncz.md"
_PACKAGE = __name__.partition(".")[0]


def install_as_asyncz() -> None:
    """Lets each `asyncz.X` be the module `uvsched.X`: the same object, so that classes are equal under both names.

    Call it before anything imports asyncz; asyncz need not be installed. A module that is not carried over raises an
    ImportError that names the page of the documentation which says what to use instead. May be called again.

    Raises:
        RuntimeError: asyncz has been imported already.
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] == "asyncz")
    if loaded:
        raise RuntimeError(f"install_as_asyncz() must come before the first import of asyncz; loaded are {loaded[:3]}")
    sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds uvsched's modules under asyncz's names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        root, _, rest = fullname.partition(".")
        if root != "asyncz":
            return None
        name = f"{_PACKAGE}.{rest}" if rest else _PACKAGE
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            raise ImportError(f"{fullname} is not carried over to uvsched; see {_PAGE}", name=fullname) from None
        return importlib.machinery.ModuleSpec(fullname, _Loader(module), is_package=hasattr(module, "__path__"))


class _Loader(importlib.abc.Loader):
    """Gives a module that is loaded already, and leaves it as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module: Any = module
        self._spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module: ModuleType = self._module
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # which the import system has just replaced
