"""Trust: the functions and classes that stored tasks may name. A row of a store is data from outside: it may name what
a trusted module defines, but nothing that the module imports."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, WrapperDescriptorType
from typing import Any

from ._references import import_module, public_module, unwrap


def is_trusted(reference: str, trusted: Iterable[str]) -> bool:
    """Whether a reference's module is one of the trusted modules, or inside one of them."""
    module = reference.partition(":")[0]
    return any(module == name or module.startswith(name + ".") for name in map(public_module, trusted))


def resolve_trusted(reference: str, trusted: Iterable[str]) -> Callable[..., Any]:
    """Imports the function that a stored task names. It must be callable, and a call must run only code of trusted
    modules.

    Raises:
        LookupError: there is no such function; with the reason. And all that the module raises when it is imported.
    """
    trusted = tuple(trusted)
    found = find_trusted(reference, trusted)
    if not callable(found) or not all(_is_own(part, trusted) for part in _run_by(found)):
        raise LookupError("a call of it would run code that no trusted module defines")
    resolved: Callable[..., Any] = found
    return resolved


def find_trusted(reference: str, trusted: Iterable[str]) -> Any:
    """Imports the object that a reference names: a function or class that a trusted module defines, an object of such a
    class, or a method of that object. The way to it leads from the module's own names through classes that trusted
    modules define.

    Raises:
        LookupError: there is no such object; with the reason. And all that the module raises when it is imported.
    """
    trusted = tuple(trusted)
    module_name, _, qualname = reference.partition(":")
    path = qualname.split(".")
    modules = [] if module_name == public_module("__main__") else module_name.split(".")
    for name in (*modules, *path):
        if not name.isidentifier() or (name.startswith("__") and name.endswith("__")):
            raise LookupError(f"{name!r} is not the name of a module, class or function")
    if not is_trusted(reference, trusted):
        raise LookupError("the module is not trusted")
    module = import_module(module_name)
    found: Any = vars(module).get(path[0], _NOTHING) if _is(module, ModuleType) else _NOTHING
    for place, name in enumerate(path[1:], 2):
        is_class = _is(found, type)
        if not (is_class or place == len(path)) or not _is_own(found if is_class else type(found), trusted):
            raise LookupError(f"the way to {name!r} leads through something that is not a class of a trusted module")
        found = _member(found, name, trusted) if is_class else _method(found, name, trusted)
    if found is _NOTHING:
        raise LookupError("there is no such name")
    found = unwrap(found)
    if not _is_own(found, trusted):
        raise LookupError("no trusted module defines it")
    return found


def _is(found: Any, *kinds: type) -> bool:
    """Like isinstance(), but does not believe an object's own claim about its class."""
    return issubclass(type(found), kinds)


_NOTHING = object()


def _member(owner: type, name: str, trusted: Iterable[str]) -> Any:
    """The member of a class, or of its bases, with this name; descriptors of unknown kinds are not called."""
    for kind in owner.__mro__:
        member = vars(kind).get(name, _NOTHING)
        if member is _NOTHING:
            continue
        if _is(member, staticmethod):
            return member.__func__
        if _is(member, classmethod):
            return member.__get__(None, owner) if _is_own(member.__func__, trusted) else _NOTHING
        return member
    return _NOTHING


def _method(owner: Any, name: str, trusted: Iterable[str]) -> Any:
    """The method of an object that its class, or a base of that, defines; what the object itself holds does not
    count."""
    member = inspect.getattr_static(owner, name, _NOTHING)
    if member is not inspect.getattr_static(type(owner), name, _NOTHING):
        return _NOTHING
    if _is(member, FunctionType):
        return MethodType(member, owner)
    return _member(type(owner), name, trusted) if _is(member, staticmethod, classmethod) else _NOTHING


def _run_by(found: Any) -> list[Any]:
    """The functions and C classes that a call runs, apart from Python's `object` and `type`."""
    if type(found) is functools.partial:
        return _run_by(found.func)
    if _is(found, MethodType, staticmethod):
        return _run_by(found.__func__)
    if _is(found, type):
        names = [(found, "__new__"), (found, "__init__"), (type(found), "__call__")]
    elif _is_wrapper(found):
        return [found, *_run_by(found.__wrapped__)]
    elif _is(found, FunctionType, BuiltinFunctionType):
        return [found]
    else:
        names = [(type(found), "__call__")]
    parts: list[Any] = []
    for owner, name in names:
        kind = next(kind for kind in owner.__mro__ if name in vars(kind))
        member = vars(kind)[name]
        if _is(member, WrapperDescriptorType) or (_is(member, BuiltinFunctionType) and member.__self__ is kind):
            parts += () if kind in (object, type) else (kind,)
        else:
            parts += _run_by(member)
    return parts


def _is_wrapper(found: Any) -> bool:
    """Whether functools.update_wrapper() noted the wrapped function on the object, or its class has a place for the
    note. Objects that answer to any name do not count."""
    noted = inspect.getattr_static(found, "__wrapped__", _NOTHING)
    if noted is _NOTHING:
        return False
    return inspect.isdatadescriptor(noted) or inspect.getattr_static(type(found), "__wrapped__", None) is not noted


def _is_own(found: Any, trusted: Iterable[str]) -> bool:
    """Whether a trusted module defines the object."""
    home = _home(found)
    return isinstance(home, str) and is_trusted(public_module(home), trusted)


def _home(found: Any) -> Any:
    """The module that defines a function, a class, the function of a partial, or an object's class. A wrapper that
    functools.update_wrapper() made has the module of the wrapped function."""
    if type(found) is functools.partial:
        return _home(found.func)
    if _is(found, type):
        return type.__getattribute__(found, "__module__")
    if _is(found, MethodType, staticmethod):
        return _home(found.__func__)
    if _is(found, FunctionType, BuiltinFunctionType) or _is_wrapper(found):
        return getattr(found, "__module__", None)
    return type.__getattribute__(type(found), "__module__")
