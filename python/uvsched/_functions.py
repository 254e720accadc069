"""Kinds of functions, by the result of a call."""

from __future__ import annotations

import functools
import inspect
from types import FunctionType, MethodType
from typing import Any

_ODD = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def kind_of(fn: Any) -> str | None:
    """The name of the kind if a call only makes an object that must be awaited or iterated; None for other functions.
    Looks into partials, methods and objects with `__call__`, not into wrappers."""
    while type(fn) is not FunctionType and isinstance(fn, (functools.partial, MethodType, staticmethod)):
        fn = fn.func if isinstance(fn, functools.partial) else fn.__func__
    if type(fn) is FunctionType and not fn.__code__.co_flags & _ODD and not fn.__dict__:
        return None
    for function in (fn, type(fn).__call__):
        if inspect.iscoroutinefunction(function):
            return "coroutine function"
        if inspect.isasyncgenfunction(function):
            return "async generator function"
        if inspect.isgeneratorfunction(function):
            return "generator function"
    return None


def is_coroutine_function(fn: Any) -> bool:
    """Whether a call gives a coroutine. The extension asks this about callables that are not plain functions."""
    return kind_of(fn) == "coroutine function"


def name_of(fn: Any) -> str:
    """The name of a function for messages."""
    name = getattr(fn, "__qualname__", None)
    return name if isinstance(name, str) else repr(fn)


def check_callable(fn: Any) -> None:
    """Raises TypeError if `fn` cannot be called; for a coroutine, the message says that its function was called."""
    if callable(fn):
        return
    if inspect.iscoroutine(fn):
        fn.close()  # nobody will await it, and Python would complain about that too
        raise TypeError(f"fn: the coroutine of {fn.__qualname__}() was given; pass {fn.__name__}, not {fn.__name__}()")
    hint = ": put @classmethod above the decorator that adds the task" if isinstance(fn, classmethod) else ""
    raise TypeError(f"fn: {fn!r} cannot be called{hint}")
