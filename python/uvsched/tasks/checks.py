"""Checks of what add_task is given, before anything is added."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any

_VARIADIC = inspect.CO_VARARGS


def as_args(value: Any) -> tuple[Any, ...]:
    """Positional arguments as a tuple. Raises TypeError for text and what is not iterable."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"args: expected a sequence of arguments, not {type(value).__name__}")
    return tuple(value)


def as_kwargs(value: Any) -> dict[str, Any]:
    """Keyword arguments as a dict. Raises TypeError for what is no mapping of names."""
    if not isinstance(value, Mapping):
        raise TypeError(f"kwargs: expected a mapping, not {type(value).__name__}")
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"kwargs: the name {key!r} is no text")
    return dict(value)


def check_call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Checks that a function takes these arguments.

    Raises:
        ValueError: it does not; naming the function and what is missing or too much.
    """
    if type(fn) is FunctionType and not kwargs:
        code = fn.__code__
        count = len(args)
        required = code.co_argcount - len(fn.__defaults__ or ())
        fits = required <= count and (count <= code.co_argcount or code.co_flags & _VARIADIC)
        if fits and (not code.co_kwonlyargcount or len(fn.__kwdefaults__ or ()) == code.co_kwonlyargcount):
            return
    try:
        signature = inspect.signature(fn, follow_wrapped=False)
    except (ValueError, TypeError):
        return  # builtins without a signature
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        name = getattr(fn, "__qualname__", repr(fn))
        raise ValueError(f"{name}{signature} cannot be called with these args and kwargs: {error}") from None
