"""Reads the public API of the installed asyncz, and what of it uvsched has not or has differently."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

LEFT_OUT = (
    *("asyncz.cli", "asyncz.contrib", "asyncz.conf", "asyncz.shapes"),
    "asyncz.stores.mongo",
)
"""What is not compared: tools and internals, of which docs/migrating-from-asyncz.md speaks, and a store whose module
is not in this release."""


def modules() -> Iterator[str]:
    """The names of asyncz's modules that can be imported here."""
    asyncz = importlib.import_module("asyncz")
    yield "asyncz"
    for found in pkgutil.walk_packages(asyncz.__path__, "asyncz."):
        if not found.name.startswith(LEFT_OUT) and not any(part.startswith("_") for part in found.name.split(".")):
            yield found.name


def differences() -> Iterator[str]:
    """One line for each difference: a module, a name, a parameter or a default."""
    for name in modules():
        try:
            theirs = importlib.import_module(name)
        except ImportError:
            continue  # a client library is not installed
        try:
            ours = importlib.import_module("uvsched" + name.removeprefix("asyncz"))
        except ImportError:
            yield name
            continue
        yield from module_differences(name, theirs, ours)


def module_differences(name: str, theirs: ModuleType, ours: ModuleType) -> Iterator[str]:
    """The differences of a module."""
    for member in public_names(theirs):
        found = getattr(theirs, member)
        if not hasattr(ours, member):
            yield f"{name}.{member}"
        elif defined_in(found, theirs):
            yield from member_differences(f"{name}.{member}", found, getattr(ours, member))


def public_names(module: ModuleType) -> list[str]:
    """What a module defines, or what a package lists, for others."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(listed)
    constants = [name for name in vars(module) if name.isupper() and module.__name__.endswith(".constants")]
    own = [name for name, value in vars(module).items() if not name.startswith("_") and defined_in(value, module)]
    return sorted({*own, *constants})


def defined_in(value: Any, module: ModuleType) -> bool:
    return callable(value) and getattr(value, "__module__", None) == module.__name__


def member_differences(name: str, theirs: Any, ours: Any) -> Iterator[str]:
    """The differences of a class or a function."""
    if not inspect.isclass(theirs):
        yield from parameter_differences(name, theirs, ours)
        return
    if issubclass(theirs, BaseException):
        yield from exception_differences(name, theirs, ours)
    yield from parameter_differences(name, theirs, ours)
    for member, value in vars(theirs).items():
        if member.startswith(("_", "model_")) or not (callable(value) or isinstance(value, (property, classmethod))):
            continue
        if not hasattr(ours, member):
            yield f"{name}.{member}"
        elif callable(getattr(theirs, member)):
            yield from parameter_differences(f"{name}.{member}", getattr(theirs, member), getattr(ours, member))


def exception_differences(name: str, theirs: Any, ours: Any) -> Iterator[str]:
    """The built-in bases that an exception has there and not here."""
    for base in theirs.__mro__[1:]:
        if base.__module__ == "builtins" and base not in ours.__mro__:
            yield f"{name}: is no {base.__name__}"


def parameter_differences(name: str, theirs: Any, ours: Any) -> Iterator[str]:
    """Parameters that are missing here, and defaults that differ. Annotations are not compared."""
    if not callable(ours):
        yield f"{name}: cannot be called"
        return
    try:
        wanted, found = inspect.signature(theirs).parameters, inspect.signature(ours).parameters
    except (TypeError, ValueError):
        return
    open_ended = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in found.values())
    for parameter in wanted.values():
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            continue
        other = found.get(parameter.name)
        if other is None:
            if not open_ended:
                yield f"{name}({parameter.name})"
        elif other.kind is not inspect.Parameter.VAR_POSITIONAL and not same_default(parameter.default, other.default):
            yield f"{name}({parameter.name}={parameter.default!r}, here {shown(other.default)})"


def same_default(theirs: Any, ours: Any) -> bool:
    """Whether two defaults mean the same. Markers for "not given" are alike. What is required there may have a default
    here."""
    if theirs is ours or theirs is inspect.Parameter.empty or shown(theirs) == shown(ours):
        return True
    return type(theirs) is type(ours) and theirs == ours


def shown(default: Any) -> str:
    return "required" if default is inspect.Parameter.empty else repr(default)
