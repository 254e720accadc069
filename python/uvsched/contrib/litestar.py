"""uvsched in a Litestar application: a plugin that runs a scheduler and gives it to the handlers.

::

    from uvsched.contrib.litestar import SchedulerPlugin

    @post("/reminders")
    async def add_reminder(scheduler: NamedDependency[AsyncIOScheduler]) -> None:
        await scheduler.add_task_async(remind, "date", run_at=...)

    app = Litestar([add_reminder], plugins=[SchedulerPlugin(scheduler)])
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from ..schedulers import AsyncIOScheduler

if TYPE_CHECKING:
    InitPlugin = object  # type checkers see no Litestar: which one is installed differs from place to place
else:
    from litestar.plugins import InitPlugin

__all__ = ["SchedulerPlugin"]


class SchedulerPlugin(InitPlugin):
    """Starts the scheduler when the application has started, its lifespans and its `on_startup` included, and stops it
    before they end: no task meets what the application has not opened yet, or has closed already.

    Handlers get the scheduler under the name `dependency`.

    Args:
        scheduler: the scheduler.
        dependency: the name of the dependency.

    Raises:
        TypeError: `scheduler` is not a scheduler for asyncio.
    """

    def __init__(self, scheduler: AsyncIOScheduler, *, dependency: str = "scheduler") -> None:
        if not isinstance(scheduler, AsyncIOScheduler):
            raise TypeError(f"scheduler: expected an AsyncIOScheduler, not {scheduler!r}")
        self._scheduler = scheduler
        self._dependency = dependency
        self._running = contextlib.AsyncExitStack()

    def on_app_init(self, app_config: Any) -> Any:
        """Litestar calls it with the configuration of the application.

        Raises:
            ValueError: the application has another dependency of this name.
        """
        from litestar.di import Provide

        if self._dependency in app_config.dependencies:
            raise ValueError(
                f"dependency: the application has a dependency {self._dependency!r} already; give another name: "
                "SchedulerPlugin(scheduler, dependency=…)"
            )
        app_config.dependencies[self._dependency] = Provide(self._provide, sync_to_thread=False)
        app_config.lifespan.append(self._lifespan)
        app_config.on_startup.append(self._start)
        return app_config

    def _provide(self) -> AsyncIOScheduler:
        return self._scheduler

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Any) -> AsyncIterator[None]:
        """Ends what `_start` begins. It is the last lifespan to be entered, so it is left first."""
        async with contextlib.AsyncExitStack() as self._running:
            yield

    async def _start(self) -> None:
        await self._running.enter_async_context(self._scheduler)
