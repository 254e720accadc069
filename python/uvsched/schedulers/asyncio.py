"""AsyncIOScheduler: a scheduler on an asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, overload

from ..runs import Run
from ..stores import BaseStore
from ..tasks import Task, TaskInfo, TaskRunPreview
from ..tasks.options import Function
from ..triggers.arguments import AnyTrigger
from ..typing import Undefined, undefined
from .asgi import AsgiApp
from .awaitable_calls import AwaitableCalls
from .base import BaseScheduler, in_a_hurry
from .configuration import Configuration, seconds_of
from .inspection import SchedulerInfo
from .loop_driver import LoopDriver

if TYPE_CHECKING:
    from typing_extensions import Self

    from .asgi import ASGIApp


class AsyncIOScheduler(BaseScheduler):
    """A scheduler whose coroutines and listeners run on an asyncio loop.

    start() takes the running loop; if none runs, it starts a loop in a thread of its own. Starts and shutdowns are
    counted: the last shutdown stops it. A stopped scheduler may be started again, on another loop too; its tasks stay.
    As a context manager, sync or async, it starts and shuts down, unless its body has done so. A body that ends with
    Ctrl-C, a cancellation or SystemExit is not held up: coroutines are cancelled, and functions in threads go on to
    their end.

    Args:
        shutdown_timeout: how long (seconds or a timedelta) a shutdown waits for runs under way, at the end of a context
            manager too, before it cancels coroutines; None: as long as they take. A function in a thread cannot be
            cancelled: it goes on to its end, and the process ends after it. While the shutdown waits, a line in the log
            names the runs that it waits for, and Ctrl-C ends the waiting.
        api_timeout: how long (seconds or a timedelta) a plain call on the loop's own thread waits for a store; then it
            raises StoreTimeoutError, which names the awaitable call, and goes on by itself. None: without end.
        event_loop: use this loop instead of the running one.
        isolated_event_loop: always use a new loop in a thread of its own.
        own_threads: False: the loop does the engine's work too, and the library starts no threads except those of
            ThreadPoolExecutors. Durable stores and custom triggers then hold up the loop for as long as they take, and
            a loop that is held up delays due times, stores and shutdowns. Needs a loop that runs, or `event_loop`.
        others: see BaseScheduler.
    """

    _polled: ClassVar[bool] = False
    _driver: LoopDriver

    def _make_driver(self, configuration: Configuration) -> LoopDriver:
        return LoopDriver(configuration)

    @cached_property
    def _calls(self) -> AwaitableCalls:
        return AwaitableCalls(self._configuration, self._announcements)

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that it runs on; None while stopped."""
        return self._driver.loop

    # ---- Stopping ----

    def shutdown(self, wait: bool = True) -> bool:
        """Takes back one start; the last one stops the scheduler.

        On the loop's own thread, and in a run of this scheduler, it never blocks: no run starts after it returns,
        coroutines are cancelled, functions in threads go on to their end (wait=True) or are given up (wait=False); use
        shutdown_async() to wait. Tasks on a shutdown trigger begin before it returns, and their coroutines go on for as
        long as the loop runs. If the loop does not run, it is run until they have ended.

        On other threads, while the loop runs, it waits for runs under way, at most for the scheduler's shutdown_timeout
        (wait=True), or cancels the runs that can be cancelled.

        Returns:
            True if this call stopped it; False if further starts hold it.

        Raises:
            SchedulerNotRunningError: it was not started, or has been shut down already.
        """
        return self._lifecycle.shutdown(wait)

    async def shutdown_async(
        self, wait: bool = True, timeout: timedelta | float | Undefined | None = undefined
    ) -> bool:
        """Takes back one start; the last one stops the scheduler, and returns when it has stopped.

        In a run of this scheduler it does not wait, because it would wait for itself; it acts like shutdown() there.

        Args:
            wait: let runs under way end; False: cancel those that can be cancelled.
            timeout: how long (seconds or a timedelta) to wait for runs under way before coroutines are cancelled; None:
                as long as they take; the scheduler's shutdown_timeout unless given.

        Returns:
            True if this call stopped it; False if further starts hold it.

        Raises:
            SchedulerNotRunningError: it was not started, or has been shut down already.
        """
        if isinstance(timeout, Undefined):
            timeout = self._configuration.shutdown_timeout
        return await self._lifecycle.shutdown_async(self._driver, wait, seconds_of(timeout, "timeout"))

    # ---- Awaitable twins of the calls that wait ----

    # Each makes the call of its name without holding up the loop, raises what that raises, and takes the same
    # arguments. Calls that are awaited one after the other happen in that order; calls that wait at the same time
    # share commits. If the caller is cancelled, the call has happened, or has not, or happens soon: never half.

    async def start_async(self, paused: bool = False) -> bool:
        """See start. Takes the running loop."""
        return await self._calls.make(lambda: self.start(paused))

    async def add_store_async(self, store: BaseStore | str, alias: str = "default", **store_options: Any) -> None:
        """See add_store."""
        await self._calls.make(lambda: self.add_store(store, alias, **store_options))

    async def remove_store_async(self, alias: str) -> None:
        """See remove_store."""
        await self._calls.make(lambda: self.remove_store(alias))

    async def add_task_async(self, fn_or_task: Function, trigger: AnyTrigger = None, **options: Any) -> Task:
        """See add_task."""
        return await self._calls.make(lambda: self.add_task(fn_or_task, trigger, **options))

    async def update_task_async(self, task_id: Task | str, store: str | None = None, **updates: Any) -> Task:
        """See update_task."""
        return await self._calls.make(lambda: self.update_task(task_id, store, **updates))

    async def reschedule_task_async(
        self, task_id: Task | str, store: str | None = None, trigger: AnyTrigger = None, **trigger_args: Any
    ) -> Task:
        """See reschedule_task."""
        return await self._calls.make(lambda: self.reschedule_task(task_id, store, trigger, **trigger_args))

    async def pause_task_async(self, task_id: Task | str, store: str | None = None) -> Task:
        """See pause_task."""
        return await self._calls.make(lambda: self.pause_task(task_id, store))

    async def resume_task_async(self, task_id: Task | str, store: str | None = None) -> Task | None:
        """See resume_task."""
        return await self._calls.make(lambda: self.resume_task(task_id, store))

    async def run_task_async(self, task_id: Task | str, store: str | None = None, *, force: bool = True) -> Task | None:
        """See run_task."""
        return await self._calls.make(lambda: self.run_task(task_id, store, force=force))

    async def delete_task_async(self, task_id: Task | str, store: str | None = None) -> None:
        """See delete_task."""
        await self._calls.make(lambda: self.delete_task(task_id, store))

    async def remove_all_tasks_async(self, store: str | None = None) -> int:
        """See remove_all_tasks."""
        return await self._calls.make(lambda: self.remove_all_tasks(store))

    async def get_task_async(self, task_id: str, store: str | None = None) -> Task | None:
        """See get_task."""
        return await self._calls.make(lambda: self.get_task(task_id, store))

    async def get_tasks_async(self, store: str | None = None) -> list[Task]:
        """See get_tasks."""
        return await self._calls.make(lambda: self.get_tasks(store))

    async def get_task_info_async(self, task_id: str, store: str | None = None) -> TaskInfo | None:
        """See get_task_info."""
        return await self._calls.make(lambda: self.get_task_info(task_id, store))

    async def get_task_infos_async(self, store: str | None = None, **conditions: Any) -> list[TaskInfo]:
        """See get_task_infos."""
        return await self._calls.make(lambda: self.get_task_infos(store, **conditions))

    async def preview_task_runs_async(
        self, task_id: Task | str, store: str | None = None, *, count: int = 5, now: datetime | None = None
    ) -> TaskRunPreview | None:
        """See preview_task_runs."""
        return await self._calls.make(lambda: self.preview_task_runs(task_id, store, count=count, now=now))

    async def history_async(self, task_id: str | None = None, state: str | None = None, **page: Any) -> list[Run]:
        """See history."""
        return await self._calls.make(lambda: self.history(task_id, state, **page))

    async def get_scheduler_info_async(self) -> SchedulerInfo:
        """See get_scheduler_info."""
        return await self._calls.make(lambda: self.get_scheduler_info())

    async def process_tasks_async(self) -> float | None:
        """See process_tasks."""
        return await self._calls.make(lambda: self.process_tasks())

    # ---- In applications ----

    @overload
    def asgi(
        self, app: None = None, handle_lifespan: bool = False, wait: bool = True
    ) -> Callable[[ASGIApp], AsgiApp]: ...
    @overload
    def asgi(self, app: ASGIApp, handle_lifespan: bool = False, wait: bool = True) -> AsgiApp: ...

    def asgi(
        self, app: ASGIApp | None = None, handle_lifespan: bool = False, wait: bool = True
    ) -> AsgiApp | Callable[[ASGIApp], AsgiApp]:
        """An ASGI application around `app`, in which the scheduler runs: it starts when the application has started,
        and stops before the application does.

        Args:
            app: the application. Without it the call gives a function of the application: a decorator or a middleware.
            handle_lifespan: the application knows no lifespan (Django) and is not asked.
            wait: as for shutdown_async.
        """
        if app is None:
            return lambda inner: self.asgi(inner, handle_lifespan, wait)
        return AsgiApp(app, handle_lifespan, lambda: self._in_application(wait))

    @contextlib.asynccontextmanager
    async def _in_application(self, wait: bool) -> AsyncIterator[None]:
        async with self:
            yield
            if not wait and not self._lifecycle.ended:
                await self.shutdown_async(wait=False)

    # ---- Context managers ----

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._lifecycle.ended:
            if not in_a_hurry(kind):
                await self._lifecycle.closed(self._driver)
        elif in_a_hurry(kind):
            self._lifecycle.leave()
        else:
            await self.shutdown_async()


class NativeAsyncIOScheduler(AsyncIOScheduler):
    """An AsyncIOScheduler whose start and shutdown are coroutines: they never hold up the loop, and shutdown returns
    when the scheduler has stopped. Use it as an async context manager, or await both."""

    async def start(self, paused: bool = False) -> bool:  # type: ignore[override]
        """See AsyncIOScheduler.start_async."""
        return await self._calls.make(lambda: super(NativeAsyncIOScheduler, self).start(paused))

    async def start_async(self, paused: bool = False) -> bool:
        return await self.start(paused)

    async def shutdown(  # type: ignore[override]
        self, wait: bool = True, timeout: timedelta | float | Undefined | None = undefined
    ) -> bool:
        """See AsyncIOScheduler.shutdown_async."""
        return await self.shutdown_async(wait, timeout)

    def __enter__(self) -> NoReturn:
        raise TypeError("a NativeAsyncIOScheduler is an async context manager: write `async with`")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Never reached: there is no way in."""
