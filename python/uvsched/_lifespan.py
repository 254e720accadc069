"""lifespan(): a scheduler in the lifespan of a web application, in the shape that each framework asks for."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from typing_extensions import Self

    from .schedulers import AsyncIOScheduler

__all__ = ["Lifespan", "lifespan"]

_NONE = object()


def lifespan(
    scheduler: AsyncIOScheduler, app_lifespan: Callable[..., Any] | AbstractAsyncContextManager[Any] | None = None
) -> Callable[..., Lifespan]:
    """A lifespan that runs the scheduler: it starts when the application's own lifespan has begun, and stops before
    that ends, so that no task meets what the application has already closed.

        app = Starlette(lifespan=uvsched.lifespan(scheduler))

    It goes as `lifespan` to Starlette, FastAPI, Lilya, Esmerald and Ravyn, into Litestar's list `lifespan`, to Quart's
    `while_serving()`, and into aiohttp's `cleanup_ctx`. Applications with Django: see `scheduler.asgi()`.

    Args:
        scheduler: the scheduler.
        app_lifespan: the application's own lifespan: an async generator function, or a function that gives an async
            context manager; it is given the application unless it has no parameters. What it yields is kept; if that
            is a mapping or nothing, the scheduler is added to it as "scheduler".

    Returns:
        A function of the application, which makes the lifespan.
    """

    def make(app: Any = _NONE) -> Lifespan:
        return Lifespan(scheduler, app_lifespan, app)

    return make


class Lifespan(contextlib.AbstractAsyncContextManager[Any]):
    """One lifespan of an application: an async context manager, and an async generator of one item."""

    def __init__(self, scheduler: AsyncIOScheduler, own: Any, app: Any) -> None:
        self._scheduler = scheduler
        self._own = own
        self._app = app
        self._stack: contextlib.AsyncExitStack | None = None

    async def __aenter__(self) -> Any:
        async with contextlib.AsyncExitStack() as stack:
            own = _made(self._own, self._app)
            state = None if own is None else await stack.enter_async_context(own)
            await stack.enter_async_context(self._scheduler)
            self._stack = stack.pop_all()
        if state is None or isinstance(state, Mapping):
            return {**(state or {}), "scheduler": self._scheduler}
        return state

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        stack, self._stack = self._stack, None
        return None if stack is None else await stack.__aexit__(kind, error, traceback)

    # ---- As a generator, for Quart and aiohttp ----

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._stack is None:
            return await self.__aenter__()
        await self.__aexit__(None, None, None)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Ends it, if it has begun."""
        await self.__aexit__(None, None, None)


def _made(own: Any, app: Any) -> Any:
    """The context manager of the application's own lifespan."""
    if own is None or hasattr(own, "__aenter__"):
        return own
    if inspect.isasyncgenfunction(own):
        own = contextlib.asynccontextmanager(own)
    try:
        takes = bool(inspect.signature(own).parameters)
    except (TypeError, ValueError):
        takes = True
    return own(None if app is _NONE else app) if takes else own()
