"""Lifecycle: a scheduler's starts and shutdowns, and what forks and the interpreter's exit mean to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .. import _core
from .._time import zone_name
from ..enums import SchedulerState
from ..events.constants import SCHEDULER_PAUSED, SCHEDULER_RESUMED, SCHEDULER_SHUTDOWN, SCHEDULER_STARTED
from ..exceptions import SchedulerAlreadyRunningError, SchedulerNotRunningError
from ..executors import BaseExecutor
from . import processes
from .announcements import Announcements
from .asyncz_environment import ignored
from .configuration import Configuration
from .declarations import Declarations
from .engine_handle import EngineHandle
from .event_feed import EventFeed
from .listener_tasks import ListenerTasks
from .listeners import logger
from .registry import Registry
from .waiting import wait_for_stores

if TYPE_CHECKING:
    from .driver import AsyncDriver, Driver

_RUNS_IN_PARENT = (
    "the scheduler also runs in the parent process, which started it before it forked this one: with a memory store "
    "both run every task. Start it in each process, after the fork (gunicorn --preload forks after it has loaded the "
    "application)"
)


class Lifecycle:
    """Counts starts, and starts and stops the engine with the driver. Thread-safe.

    Attributes:
        started_at: when it was started, in the scheduler's zone; None while stopped.
    """

    def __init__(
        self,
        name: str,
        configuration: Configuration,
        handle: EngineHandle,
        declarations: Declarations,
        registry: Registry,
        feed: EventFeed,
        announcements: Announcements,
        listener_tasks: ListenerTasks,
        driver: Driver,
    ) -> None:
        self._name = name
        self._configuration = configuration
        self._handle = handle
        self._declarations = declarations
        self._registry = registry
        self._feed = feed
        self._announcements = announcements
        self._listener_tasks = listener_tasks
        self._driver = driver
        self._starts = 0
        self.started_at: datetime | None = None
        processes.watch(self)

    # ---- State ----

    @property
    def state(self) -> SchedulerState:
        """What the scheduler is doing."""
        if self._handle.forked or not self._starts:
            return SchedulerState.STATE_STOPPED
        return SchedulerState(self._handle.usable().state())

    @property
    def ended(self) -> bool:
        """Whether each start of this process has been taken back."""
        return not self._starts and not self._handle.forked

    def running_engine(self) -> _core.Engine:
        """The engine.

        Raises:
            SchedulerNotRunningError: it has not been started.
        """
        engine = self._handle.usable()
        if not self._starts:
            raise SchedulerNotRunningError(detail="the scheduler is not running: call start() first")
        return engine

    # ---- Starting ----

    def start(self, paused: bool) -> bool:
        """See AsyncIOScheduler.start."""
        if not self._handle.forked:
            self._announcements.starting()
        if not self._begin(paused):
            return False
        logger.info("scheduler started")
        self._listener_tasks.begin(self._driver.asyncio_loop)
        self._announcements.scheduler(SCHEDULER_STARTED)
        if paused:
            self._tell_paused()
        return True

    def _begin(self, paused: bool) -> bool:
        """Starts it, or counts a start: False."""
        with self._handle.held():
            if self._handle.forked:
                self._handle.forked = False
                logger.warning(_RUNS_IN_PARENT)
            if self._starts:
                self._starts += 1
                return False
            if self._driver.active:
                raise SchedulerAlreadyRunningError(
                    detail="the scheduler is still stopping: start it when its shutdown has returned"
                )
            engine = self._handle.usable()
            self._driver.make_way()
            if not engine.wait(round(processes.PATIENCE * 1000)):
                raise SchedulerAlreadyRunningError(
                    detail=f"the scheduler is still stopping: {engine.stats()['in_flight']} run(s) in threads are "
                    "under way, which cannot be cancelled; start it when they have ended"
                )
            self._registry.references.check()
            for store in self._configuration.stores.values():
                store.prepare()
            processes.hook_exit()
            self._tell_zone()
            self._tell_ignored()
            self._feed.subscribe()
            self._driver.open(engine, self._consumers(), self)
            try:
                engine.start(paused)
                self._driver.started(engine)
            except BaseException:
                engine.stop(True)
                self._driver.close(cancel=True)()
                raise
            self._starts = 1
            processes.note_start()
            self._declarations.open = False
            self.started_at = datetime.now(self._configuration.timezone)
        return True

    def _consumers(self) -> list[tuple[str, BaseExecutor]]:
        """The consumers of the engine's queues, by alias: the executors, and the part that asks custom triggers."""
        return [*self._configuration.executors.items(), (_core.TRIGGER_QUEUE, self._registry.custom_triggers)]

    def _tell_zone(self) -> None:
        if not self._configuration.timezone_given:
            zone = zone_name(self._configuration.timezone)
            logger.info("the time zone is %s, the machine's; %s(timezone=…) sets another", zone, self._name)

    def _tell_ignored(self) -> None:
        stores = self._configuration.stores.items()
        for what, fix in ignored(alias for alias, store in stores if store.durable):
            logger.warning("%s: %s", what, fix)

    # ---- While it runs ----

    def pause(self) -> None:
        """See BaseScheduler.pause."""
        engine = self.running_engine()
        changes = engine.state() == SchedulerState.STATE_RUNNING
        engine.pause()
        if changes:
            self._tell_paused()

    def _tell_paused(self) -> None:
        logger.info("scheduler paused")
        self._announcements.scheduler(SCHEDULER_PAUSED)

    def resume(self) -> None:
        """See BaseScheduler.resume."""
        engine = self.running_engine()
        changes = engine.state() == SchedulerState.STATE_PAUSED
        engine.resume()
        if changes:
            logger.info("scheduler resumed")
            self._announcements.scheduler(SCHEDULER_RESUMED)

    # ---- Stopping ----

    def shutdown(self, wait: bool) -> bool:
        """See AsyncIOScheduler.shutdown."""
        if not self._take_back():
            return False
        if self._driver.active:
            waited = True
            try:
                waited = self._driver.wind_down(self._handle.usable(), wait)
            finally:
                self._end(wait, last=not waited)
        return True

    async def shutdown_async(self, driver: AsyncDriver, wait: bool, timeout: float | None) -> bool:
        """See AsyncIOScheduler.shutdown_async.

        Args:
            driver: its driver.
            timeout: seconds.
        """
        if not self._take_back():
            return False
        if driver.active:
            waited = True
            try:
                waited = await driver.wind_down_async(self._handle.usable(), wait, timeout)
            finally:
                self._end(wait, last=not waited)
            await self.closed(driver)
            await self._listener_tasks.settle()
        return True

    def leave(self) -> None:
        """Takes back one start; the last one stops without waiting for anything, on any thread. In a forked child there
        is nothing to stop."""
        if not self._handle.forked and self._take_back():
            self._end(wait=True, last=True)

    async def closed(self, driver: AsyncDriver) -> None:
        """Returns when results are stored and the stores closed. It does not wait for functions in threads."""
        engine = self._handle.made
        await asyncio.sleep(0)  # if the caller is a run that has been cancelled, it ends here
        await driver.left(self._configuration.shutdown_timeout)
        if engine is not None and not engine.wait(0):
            await driver.settle(engine, time.monotonic() + processes.PATIENCE)

    def _take_back(self) -> bool:
        """Uncounts one start; True for the last one."""
        with self._handle.held():
            self._handle.usable()
            if not self._starts:
                raise SchedulerNotRunningError(
                    detail="the scheduler is not running: it was not started, or has been shut down already"
                )
            self._starts -= 1
            return not self._starts

    def _end(self, wait: bool, last: bool = False) -> None:
        """Ends at once: nothing starts any more, coroutines are cancelled, the driver lets its loop go.

        Args:
            last: tasks on a shutdown trigger have not run yet; see Driver.close().
        """
        if self._driver.active:
            self._handle.usable().stop(not wait)
            self.started_at = None
            release = self._driver.close(cancel=not wait, last=last)
            with self._listener_tasks.leaving(release):
                self._feed.finish()
                self._announcements.scheduler(SCHEDULER_SHUTDOWN)  # a listener may start it again
                logger.info("scheduler stopped")

    # ---- What the driver reports ----

    def on_events(self, events: Sequence[_core.EventRecord]) -> None:
        self._feed.take(events)

    def on_stopped(self) -> None:
        if self._starts:  # by itself: a store's file was lost
            self._starts = 0
            self._end(wait=True)

    def on_lost(self) -> None:
        self._starts = 0
        self.started_at = None
        if self._handle.made is not None:
            self._handle.made.stop(True)
        self._driver.close(cancel=True, usable=False)
        self._listener_tasks.drop()
        self._feed.finish()

    # ---- The process ----

    @property
    def waiting(self) -> list[str]:
        return self._declarations.names if self._declarations.open else []

    def after_fork(self) -> None:
        processes.keep(*self._driver.forget(), *self._listener_tasks.after_fork())
        self._handle.after_fork(ran=self._starts > 0)
        self._starts = 0
        self.started_at = None
        self._declarations.open = True
        self._registry.after_fork()
        self._feed.after_fork()

    def at_exit(self) -> None:
        if self._handle.made is not None:
            self._driver.abandon(self._handle.made)

    def at_end(self, deadline: float) -> None:
        if self._handle.made is not None:
            wait_for_stores(self._handle.made, deadline)

    def __repr__(self) -> str:
        stores = ", ".join(f"{alias}={store!r}" for alias, store in self._configuration.stores.items())
        return f"<{self._name} {self.state.name.removeprefix('STATE_').lower()}, {stores}>"
