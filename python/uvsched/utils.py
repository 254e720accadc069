"""Functions around functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["make_async_function", "make_function"]


def make_function(func: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function that calls `func`: for callables that a scheduler would take for another kind, such as a
    function that returns a generator. It has no name of its own, so a durable store refuses it."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return function


def make_async_function(func: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A coroutine function that awaits the result of `func`: for callables whose results are awaitable but which are
    not coroutine functions. It has no name of its own, so a durable store refuses it."""

    async def function(*args: Any, **kwargs: Any) -> Any:
        return await func(*args, **kwargs)

    return function
