"""Resources: what functions get for each run beside their arguments, and never as stored arguments."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, NoReturn

__all__ = ["Injected", "Provided", "injected", "open_now", "open_soon", "provided", "wants"]


class Provided:
    """The default of a parameter that gets a resource; see provided()."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name: expected the name of a resource, not {type(name).__name__}")
        self.name = name

    def __repr__(self) -> str:
        return f"provided({self.name!r})"


def provided(name: str) -> Any:
    """The default of a parameter of a task's function: the scheduler's resource of this name, opened for each run
    before the function is called, and closed afterwards.

        scheduler.provide("db", Session)

        async def collect(db=uvsched.provided("db")): ...
    """
    return Provided(name)


def wants(fn: Callable[..., Any]) -> dict[str, str]:
    """The parameters of a function that get resources, and the resources' names."""
    if type(fn) is FunctionType and fn.__defaults__ is None and fn.__kwdefaults__ is None:  # nearly always
        return {}
    inner: Any = fn
    while isinstance(inner, (functools.partial, MethodType)):
        inner = inner.func if isinstance(inner, functools.partial) else inner.__func__
    if type(inner) is not FunctionType:
        return {}
    defaults = (*(inner.__defaults__ or ()), *(inner.__kwdefaults__ or {}).values())
    if not any(type(default) is Provided for default in defaults):
        return {}
    parameters = inspect.signature(fn).parameters.values()
    return {
        parameter.name: parameter.default.name for parameter in parameters if isinstance(parameter.default, Provided)
    }


class Injected:
    """A function with its resources: calling it opens them, calls the function, and closes them.

    Attributes:
        original: the function.
    """

    def __init__(self, original: Callable[..., Any], wanted: Mapping[str, str], factories: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, original)
        self.original = original
        self._names = tuple(inspect.signature(original).parameters)
        self._wanted = wanted
        self._factories = factories

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with contextlib.ExitStack() as stack:
            opened = {name: open_now(stack, key, self._factories[key]) for name, key in self._missing(args, kwargs)}
            return self.original(*args, **kwargs, **opened)

    def _missing(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The parameters that were given no argument, and their resources."""
        given = {*self._names[: len(args)], *kwargs}
        return [(name, key) for name, key in self._wanted.items() if name not in given]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Injected) and self.original == other.original

    def __hash__(self) -> int:
        return hash(self.original)

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"it gets resources ({', '.join(self._wanted.values())}), which exist in this process only")


class InjectedCoroutine(Injected):
    """An Injected whose function is a coroutine function."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        async with contextlib.AsyncExitStack() as stack:
            opened = {name: await open_soon(stack, self._factories[key]) for name, key in self._missing(args, kwargs)}
            return await self.original(*args, **kwargs, **opened)


def injected(fn: Callable[..., Any], wanted: Mapping[str, str], factories: Mapping[str, Any]) -> Injected:
    """The function with its resources, whose factories are looked up at each run."""
    kind = InjectedCoroutine if inspect.iscoroutinefunction(fn) else Injected
    return kind(fn, wanted, factories)


def open_now(stack: contextlib.ExitStack, name: str, factory: Any) -> Any:
    """Opens a resource for a plain function.

    Raises:
        TypeError: only a coroutine can open it.
    """
    if not callable(factory):
        return factory
    made = _made(factory)
    if hasattr(made, "__enter__"):
        return stack.enter_context(made)
    if hasattr(made, "__aenter__") or inspect.isawaitable(made):
        if inspect.iscoroutine(made):
            made.close()
        raise TypeError(f"resource {name!r} is opened by a coroutine: give it to a coroutine function")
    return made


async def open_soon(stack: contextlib.AsyncExitStack, factory: Any) -> Any:
    """Opens a resource for a coroutine function."""
    if not callable(factory):
        return factory
    made = _made(factory)
    if inspect.isawaitable(made):
        made = await made
    if hasattr(made, "__aenter__"):
        return await stack.enter_async_context(made)
    if hasattr(made, "__enter__"):
        return stack.enter_context(made)
    return made


def _made(factory: Callable[..., Any]) -> Any:
    """What a factory gives for one run."""
    if inspect.isgeneratorfunction(factory):
        return contextlib.contextmanager(factory)()
    if inspect.isasyncgenfunction(factory):
        return contextlib.asynccontextmanager(factory)()
    return factory()
