"""Checks of the arguments of add_task, before anything is added."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from .._functions import kind_of, name_of

if TYPE_CHECKING:
    from ..executors import BaseExecutor

_VARIADIC = inspect.CO_VARARGS


def check_count(value: Any, argument: str) -> None:
    """Raises TypeError if the value is not a whole number, ValueError if it is below 1."""
    if not isinstance(value, int):
        raise TypeError(f"{argument}: expected a whole number, not {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{argument}: {value} is less than 1")


def flag(value: Any, argument: str) -> bool:
    """The value as a bool. Raises TypeError for strings and the like: all of them but "" would count as true."""
    if not isinstance(value, int):
        raise TypeError(f"{argument}: expected True or False, not {value!r}")
    return bool(value)


def as_args(value: Any) -> tuple[Any, ...]:
    """Positional arguments as a tuple. Raises TypeError for a string, and if the value is not iterable."""
    if type(value) is tuple:
        return value
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"args: expected a sequence of arguments, not {type(value).__name__}")
    return tuple(value)


def as_kwargs(value: Any) -> dict[str, Any]:
    """Keyword arguments as a dict. Raises TypeError if the value is not a mapping of names."""
    if type(value) is not dict and not isinstance(value, Mapping):
        raise TypeError(f"kwargs: expected a mapping, not {type(value).__name__}")
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"kwargs: the name {key!r} is not a string")
    return dict(value)


def check_kind(fn: Callable[..., Any], executor: BaseExecutor, alias: str) -> None:
    """Checks that a call of the function does its work on this executor.

    Raises:
        TypeError: it is a generator function, or a coroutine function that the executor does not await; the text says
        what to do.
    """
    kind = kind_of(fn)
    if kind is None or (kind == "coroutine function" and executor.awaits):
        executor.check_function(fn)
        return
    if kind == "coroutine function":
        raise TypeError(
            f"fn: {name_of(fn)} is a coroutine function, which executor {alias!r} ({executor!r}) does not await: use "
            "an AsyncIOExecutor, which needs an asyncio loop, or write a plain function"
        )
    raise TypeError(
        f"fn: {name_of(fn)} is a {kind}; calling it runs nothing: write a plain or a coroutine function that "
        "does not yield"
    )


def check_call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> None:
    """Checks that a function takes these arguments.

    Raises:
        ValueError: it does not; the text names the function, and which arguments are missing or too many.
    """
    if type(fn) is FunctionType and _surely_takes(fn, len(args), kwargs or {}):
        return
    try:
        signature = inspect.signature(fn, follow_wrapped=False)
    except (ValueError, TypeError):
        return  # builtins without a signature
    try:
        signature.bind(*args, **(kwargs or {}))
    except TypeError as error:
        name = getattr(fn, "__qualname__", repr(fn))
        raise ValueError(f"{name}{signature} cannot be called with these args and kwargs: {error}") from None


def _surely_takes(fn: FunctionType, count: int, kwargs: dict[str, Any]) -> bool:
    """Whether a function takes so many positional arguments and these by name; False also if that is not so simple."""
    code = fn.__code__
    positional = code.co_argcount
    if count > positional and not code.co_flags & _VARIADIC:
        return False
    names = code.co_varnames
    last = positional + code.co_kwonlyargcount
    if kwargs and not kwargs.keys() <= {*names[min(max(count, code.co_posonlyargcount), positional) : last]}:
        return False
    required = names[count : positional - len(fn.__defaults__ or ())]
    if required and not kwargs.keys() >= {*required}:
        return False
    return last == positional or {*kwargs, *(fn.__kwdefaults__ or ())} >= {*names[positional:last]}
