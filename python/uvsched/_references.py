"""Names of functions (`module:qualname`) and back."""

from __future__ import annotations

import functools
import importlib
import operator
import sys
from collections.abc import Callable
from inspect import CO_OPTIMIZED
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any, TypeGuard, TypeVar

from ._functions import check_callable

T = TypeVar("T")

_MAIN = frozenset({"__main__", "__mp_main__"})
"""The names of the program's main module, here and in processes that multiprocessing spawned."""

_BIND = "bind it to that name at the top level of its module"
_ADVICE = "tasks in a durable store need a function that other processes find by its name"


def reference_of(fn: Callable[..., Any]) -> tuple[str, bool]:
    """The name of a function, and whether the name may lead back to it; a lambda's or a local function's does not."""
    if isinstance(fn, MethodType):
        return _reference_of_method(fn)
    module: Any = getattr(fn, "__module__", None)
    qualname: Any = getattr(fn, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        inner: Any = fn.func if isinstance(fn, functools.partial) else type(fn)
        if not isinstance(getattr(inner, "__qualname__", None), str):
            inner = type(inner)
        return f"{inner.__module__}:{inner.__qualname__}()", False
    return f"{public_module(module)}:{qualname}", "<" not in qualname


def _reference_of_method(fn: MethodType) -> tuple[str, bool]:
    """A method's name leads through its class, or through its object, if the class's module has a name for that."""
    owner, name = fn.__self__, fn.__func__.__name__
    if isinstance(owner, type):
        return f"{public_module(owner.__module__)}:{owner.__qualname__}.{name}", "<" not in owner.__qualname__
    home = type(owner).__module__
    bound = _name_of(owner, loaded_module(home))
    if bound is not None:
        return f"{public_module(home)}:{bound}.{name}", True
    return f"{public_module(fn.__module__)}:{fn.__qualname__}", "<" not in fn.__qualname__


def _name_of(held: Any, module: ModuleType | None) -> str | None:
    """The name that a module has for an object."""
    if module is None:
        return None
    names = (name for name, value in list(vars(module).items()) if value is held and not name.startswith("__"))
    return next(names, None)


def _lasting_reference(fn: Callable[..., Any], reference: str) -> str:
    """The name of a function for a durable store. If it is a method of an object for which its class's module has no
    name, another module may have one.

    Args:
        reference: that of target_of().
    """
    if not isinstance(fn, MethodType) or isinstance(fn.__self__, type) or not reference.endswith(fn.__qualname__):
        return reference
    if _name_of(fn.__self__, loaded_module(type(fn.__self__).__module__)) is not None:
        return reference
    for home, module in sorted(sys.modules.items()):
        if isinstance(module, ModuleType) and home not in _MAIN:
            bound = _name_of(fn.__self__, module)
            if bound is not None:
                return f"{home}:{bound}.{fn.__func__.__name__}"
    bound = _name_of(fn.__self__, _main_module())
    return reference if bound is None else f"{public_module('__main__')}:{bound}.{fn.__func__.__name__}"


def lasting_call(
    given: Callable[..., Any] | str,
    fn: Callable[..., Any],
    reference: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
) -> tuple[Callable[..., Any] | str, Callable[..., Any], str, tuple[Any, ...], dict[str, Any] | None]:
    """A call as a durable store keeps it, in which a partial is the function that it calls, with its arguments merged
    in. A name that was given stays, even if it leads to a partial.

    Args:
        given: what the program gave; `fn` and `reference` are those of target_of(given).

    Returns:
        The same five.

    Raises:
        TypeError: the function of a partial cannot be called.
    """
    if isinstance(given, str):
        return given, fn, reference, args, kwargs
    if type(fn) is functools.partial:
        given, args, kwargs = fn.func, (*fn.args, *args), {**fn.keywords, **(kwargs or {})}
        fn, reference, _ = target_of(given)
    return given, fn, _lasting_reference(fn, reference), args, kwargs


def target_of(given: Callable[..., Any] | str) -> tuple[Any, str, bool]:
    """The function that a program gives for a task: the function, its reference, and whether the reference leads back
    to it. A string is taken as the reference.

    Raises:
        LookupError: no such module or name. TypeError: it cannot be called. Both name the argument.
    """
    if type(given) is FunctionType and type(given.__module__) is str:  # nearly always
        return given, f"{public_module(given.__module__)}:{given.__qualname__}", "<" not in given.__qualname__
    if isinstance(given, str):
        found = resolve(given)
        module, _, qualname = given.partition(":")
        return found, f"{public_module(module)}:{qualname}", True
    target = given.__func__ if isinstance(given, staticmethod) else given
    check_callable(target)
    return (target, *reference_of(target))


def public_module(name: str) -> str:
    """The name by which other processes import a module. The main module has such a name if it was started as
    "python -m package.module"."""
    if name not in _MAIN:
        return name
    spec = getattr(_main_module(), "__spec__", None)
    public: str = getattr(spec, "name", None) or "__main__"
    return public


def _main_module() -> ModuleType | None:
    """The main module. In a process that multiprocessing spawned, `__main__` is still multiprocessing's own; in other
    processes, `__mp_main__` is the `__main__` at the time when multiprocessing was imported."""
    spawned = sys.modules.get("__mp_main__")
    if spawned is not None and spawned.__name__ == "__mp_main__":
        return spawned
    return sys.modules.get("__main__")


def loaded_module(name: str) -> ModuleType | None:
    """The module of this public name, if it is loaded."""
    return _main_module() if name == public_module("__main__") else sys.modules.get(name)


def check_reference(fn: Callable[..., Any], reference: str, what: str = "fn") -> bool:
    """Checks that a reference leads back to the same function in this process.

    If the reference leads to an object with a callable `fn` (from a framework's decorator), that `fn` counts.

    Args:
        what: the name of the argument in messages.

    Returns:
        False if that cannot be known yet: the module is being executed, and a decorator runs before its function's name
        is bound.

    Raises:
        ValueError: it leads elsewhere; with the reason and what to do.
    """
    module_name, _, qualname = reference.partition(":")
    if "<lambda>" in qualname:
        raise ValueError(f"{what}: {fn!r} is a lambda; {_ADVICE}: write a function at the top level of a module")
    if "<locals>" in qualname:
        raise ValueError(
            f"{what}: {fn!r} is defined inside a function; {_ADVICE}: move it to the top level of its module"
        )
    if isinstance(fn, MethodType) and not isinstance(fn.__self__, type) and qualname == fn.__qualname__:
        raise ValueError(
            f"{what}: {fn!r} is a method of an object that has no name; {_ADVICE}: bind the object to a name at the "
            "top level of a module"
        )
    if qualname.endswith("()"):
        raise ValueError(f"{what}: {fn!r} has no name; {_ADVICE}: write a function at the top level of a module")
    module = loaded_module(module_name)
    try:
        if module is None:
            raise LookupError(f"module {module_name!r} is not loaded")
        found = unwrap(_walk(module, qualname))
    except _NotBound as error:
        if _is_defined_in(module, fn):
            return True
        if _is_being_executed(module):
            return False
        raise ValueError(f"{what}: {reference} does not lead back to {fn!r}: {error}; {_ADVICE}: {_BIND}") from None
    except LookupError as error:
        raise ValueError(f"{what}: {reference} does not lead back to {fn!r}: {error}; {_ADVICE}") from None
    if found is fn or found == fn or _is_older(found, fn):
        return True
    if _is_being_executed(module) and getattr(fn, "__wrapped__", None) is not found:
        return False
    raise ValueError(f"{what}: {reference} leads to {found!r}, not to {fn!r}; {_ADVICE}: {_BIND}")


class _NotBound(LookupError):
    """The module exists, but the name in it does not (yet)."""


def _is_defined_in(module: ModuleType | None, fn: Any) -> bool:
    """Whether it is a function that `def` made in this module: its name belongs to it, bound or not."""
    return module is not None and _is_plain(fn) and fn.__globals__ is vars(module)


def _is_older(found: Any, fn: Any) -> bool:
    """Whether the name still leads to an earlier definition, which is just being replaced (in a reloaded module)."""
    if not _is_plain(fn) or not _is_plain(found):
        return False
    return found.__qualname__ == fn.__qualname__ and found.__globals__ is fn.__globals__


def _is_plain(fn: Any) -> TypeGuard[FunctionType]:
    """Whether it is a function that `def` made: not a method, and not a wrapper that only has its name."""
    return isinstance(fn, FunctionType) and fn.__code__.co_name == fn.__name__


def _is_being_executed(module: ModuleType | None) -> bool:
    """Whether the module's own statements led to this call."""
    frame: FrameType | None = sys._getframe()
    while module is not None and frame is not None:
        if frame.f_globals is vars(module) and not frame.f_code.co_flags & CO_OPTIMIZED:
            return True
        frame = frame.f_back
    return False


def _walk(module: ModuleType, qualname: str) -> Any:
    try:
        return operator.attrgetter(qualname)(module)
    except AttributeError:
        raise _NotBound(f"{module.__name__!r} has no {qualname!r}") from None


def unwrap(found: Any) -> Any:
    """The callable for an object found under a function's name: if a framework's decorator made the object, its `fn`;
    if functools.update_wrapper() made it a wrapper, the object itself."""
    if isinstance(found, (type, ModuleType)) or "__wrapped__" in getattr(found, "__dict__", ()):
        return found
    inner = getattr(found, "fn", None)
    return inner if callable(inner) else found


def resolve(reference: str) -> Callable[..., Any]:
    """Imports the function that a reference names. Only for names that the program itself gave; _trust.py resolves
    names from stores.

    Raises:
        LookupError: no such module or name. TypeError: it cannot be called. Both name the reference.
    """
    name, separator, qualname = reference.partition(":")
    if not separator or not name or not qualname:
        raise LookupError(f"{reference!r} is not of the form 'package.module:function'")
    try:
        found = unwrap(_walk(import_module(public_module(name)), qualname))
    except (ImportError, LookupError) as error:
        raise LookupError(f"{reference!r} cannot be resolved: {error}") from error
    if not callable(found):
        raise TypeError(f"{reference!r} is a {type(found).__name__}, which cannot be called")
    resolved: Callable[..., Any] = found
    return resolved


def import_module(name: str) -> ModuleType:
    """The module of this public name, imported unless it is loaded.

    Raises:
        ImportError: no such module. And all that the module's own statements raise.
    """
    return loaded_module(name) or importlib.import_module(name)


def class_from_reference(reference: str, base: type[T], argument: str) -> type[T]:
    """The class that a configuration names ("package.module:Class"); asyncz's own names mean uvsched's classes.

    Raises:
        LookupError: no such class. TypeError: it is not a subclass of `base`. Both name the argument.
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
        raise TypeError(f"{argument}: {reference!r} is not a subclass of {base.__name__}")
    return found
