"""Names of functions (`module:qualname`) and back."""

from __future__ import annotations

import functools
import importlib
import operator
import sys
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")


def reference_of(fn: Callable[..., Any]) -> tuple[str, bool]:
    """The name of a function, and whether that may lead back to it, which no name of a lambda or local function
    does."""
    module: Any = getattr(fn, "__module__", None)
    qualname: Any = getattr(fn, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        inner = fn.func if isinstance(fn, functools.partial) else type(fn)
        return f"{inner.__module__}:{inner.__qualname__}()", False
    if module == "__main__":
        module = _main_name()
    return f"{module}:{qualname}", "<" not in qualname


@functools.cache
def _main_name() -> str:
    """The name by which other processes import what this one runs as __main__ ("python -m package.module")."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    name: str = getattr(spec, "name", None) or "__main__"
    return name


def check_reference(fn: Callable[..., Any], reference: str) -> None:
    """Checks that a reference leads back to the same function in this process.

    An object found there that has a callable `fn` (a framework's decorator left it) stands for that `fn`.

    Raises:
        ValueError: it does not, with the reason and what to do.
    """
    advice = "tasks in a durable store need a function that other processes find by its name"
    qualname = reference.partition(":")[2]
    if "<lambda>" in qualname:
        raise ValueError(f"fn: {fn!r} is a lambda; {advice}: write a function at the top level of a module")
    if "<locals>" in qualname:
        raise ValueError(f"fn: {fn!r} is defined inside a function; {advice}: move it to the top level of its module")
    if qualname.endswith("()"):
        raise ValueError(f"fn: {fn!r} has no name; {advice}: write a function at the top level of a module")
    try:
        module = _module(reference)
        found = _unwrap(_walk(module, qualname))
    except LookupError as error:
        if isinstance(error, _NotBound) and _is_being_defined(fn, module):
            return
        raise ValueError(f"fn: {reference} does not lead back to {fn!r}: {error.args[0]}; {advice}") from None
    if found is not fn and found != fn and not _is_older(found, fn):
        raise ValueError(f"fn: {reference} leads to {found!r}, not to {fn!r}; {advice}")


def _module(reference: str) -> ModuleType:
    name = reference.partition(":")[0]
    found = sys.modules.get("__main__" if name == _main_name() else name)
    if found is None:
        raise LookupError(f"module {name!r} is not loaded")
    return found


class _NotBound(LookupError):
    """The module is there, the name in it is not (yet)."""


def _is_being_defined(fn: Callable[..., Any], module: ModuleType) -> bool:
    """A decorator runs before its function's name is bound: the function belongs to the module all the same."""
    return _is_plain(fn) and fn.__globals__ is vars(module)


def _is_older(found: Any, fn: Callable[..., Any]) -> bool:
    """Whether the name still leads to an earlier definition, which the one under way replaces (a module reloaded)."""
    if not _is_plain(fn) or not _is_plain(found):
        return False
    return found.__qualname__ == fn.__qualname__ and found.__globals__ is fn.__globals__


def _is_plain(fn: Any) -> TypeGuard[FunctionType]:
    """A function as `def` made it: no method, and no wrapper that only bears its name."""
    return isinstance(fn, FunctionType) and fn.__code__.co_name == fn.__name__


def _walk(module: Any, qualname: str) -> Any:
    try:
        return operator.attrgetter(qualname)(module)
    except AttributeError:
        raise _NotBound(f"{module.__name__!r} has no {qualname!r}") from None


def _unwrap(found: Any) -> Any:
    inner = getattr(found, "fn", None)
    return inner if callable(inner) else found


def resolve(reference: str) -> Callable[..., Any]:
    """Imports what a reference names. Only for names that the program itself gave, or whose module it trusts.

    Raises:
        LookupError: no such module or name. TypeError: it cannot be called. Both name the reference.
    """
    module, separator, qualname = reference.partition(":")
    if not separator or not module or not qualname:
        raise LookupError(f"{reference!r} is not of the form 'package.module:function'")
    if module == _main_name():
        module = "__main__"
    try:
        found = _unwrap(_walk(importlib.import_module(module), qualname))
    except (ImportError, LookupError) as error:
        raise LookupError(f"{reference!r} cannot be resolved: {error}") from error
    if not callable(found):
        raise TypeError(f"{reference!r} is a {type(found).__name__}, which cannot be called")
    resolved: Callable[..., Any] = found
    return resolved


def is_trusted(reference: str, trusted: Iterable[str]) -> bool:
    """Whether a reference's module is one of the trusted modules, or inside one of them."""
    module = reference.partition(":")[0]
    return any(module == name or module.startswith(name + ".") for name in trusted)


def class_from_reference(reference: str, base: type[T], argument: str) -> type[T]:
    """The class that a configuration names ("package.module:Class"); asyncz's own names mean uvsched's.

    Raises:
        LookupError: no such class. TypeError: it is none of `base`. Both name the argument.
    """
    if ":" not in reference:
        module, _, name = reference.rpartition(".")
        reference = f"{module}:{name}"
    if reference.startswith("asyncz."):
        reference = "uvsched." + reference.removeprefix("asyncz.")
    try:
        found: Any = resolve(reference)
    except LookupError as error:
        raise LookupError(f"{argument}: {error}") from None
    if not isinstance(found, type) or not issubclass(found, base):
        raise TypeError(f"{argument}: {reference!r} is no {base.__name__}")
    return found
