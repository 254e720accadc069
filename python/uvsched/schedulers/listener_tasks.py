"""ListenerTasks: the coroutines of listeners, awaited on the scheduler's loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..events import SchedulerEvent
from .loop_calls import callers_loop, is_current

logger = logging.getLogger("uvsched")

_PATIENCE = 5.0  # seconds, with listeners of the shutdown

Call = tuple[Callable[..., Any], SchedulerEvent]


class ListenerTasks:
    """Makes a task of each call. Calls before there is a loop wait for the start. Calls come from any thread; tasks are
    started in the order of the calls, and made and ended on the loop's thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None  # while the scheduler runs
        self._leaving = threading.local()
        self._lock = threading.Lock()
        self._early: list[Call] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._coming = 0  # calls on their way to the loop's thread
        self._ended = threading.Condition(self._lock)

    def start(self, callback: Callable[..., Any], event: SchedulerEvent) -> None:
        """Has a listener awaited."""
        loop = getattr(self._leaving, "loop", None) or self._loop or callers_loop()
        with self._lock:
            calls = [*self._early, (callback, event)]
            self._early = []
            if loop is None or loop.is_closed():
                self._early = calls
                return
        self._send(loop, calls)

    def begin(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The scheduler runs on this loop now."""
        with self._lock:
            self._loop = loop
            early, self._early = self._early, []
        if loop is not None and early:
            self._send(loop, early)

    def _send(self, loop: asyncio.AbstractEventLoop, calls: list[Call]) -> None:
        with self._lock:
            self._coming += len(calls)
        if is_current(loop):
            self._make(loop, calls)
            return
        try:
            loop.call_soon_threadsafe(self._make, loop, calls)
        except RuntimeError:  # it was closed meanwhile
            with self._lock:
                self._coming -= len(calls)

    def _make(self, loop: asyncio.AbstractEventLoop, calls: list[Call]) -> None:
        for callback, event in calls:
            task = loop.create_task(_awaited(callback, event))
            with self._lock:
                self._coming -= 1
                self._tasks.add(task)
            task.add_done_callback(self._on_end)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        with self._lock:
            self._tasks.discard(task)
            self._ended.notify_all()

    # ---- At the end ----

    @contextlib.contextmanager
    def leaving(self, release: Callable[[], None]) -> Iterator[None]:
        """The scheduler leaves its loop: what this thread tells now, that loop awaits.

        Args:
            release: ends the loop's thread; it is called when the tasks have ended.
        """
        loop, self._loop = self._loop, None
        self._leaving.loop = loop
        try:
            yield
        finally:
            del self._leaving.loop
            if loop is not None and is_current(loop) and self._tasks:
                loop.create_task(self._settle_then(release))
            else:
                if loop is not None:
                    self._settle_from_outside(loop)
                release()

    async def _settle_then(self, release: Callable[[], None]) -> None:
        await self.settle()
        release()

    async def settle(self) -> None:
        """Returns when the tasks have ended that were made on this loop; it does not wait for long, nor for the task
        that calls it."""
        loop, here = asyncio.get_running_loop(), asyncio.current_task()
        tasks = [task for task in self._tasks if task is not here and task.get_loop() is loop]
        if tasks:
            await asyncio.wait(tasks, timeout=_PATIENCE)

    def _settle_from_outside(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop.is_running() and not is_current(loop):
            with self._lock:
                self._ended.wait_for(lambda: not self._tasks and not self._coming, _PATIENCE)

    def drop(self) -> None:
        """The loop is gone."""
        self._loop = None

    def after_fork(self) -> list[object]:
        """In the child of a fork: drops the parent's tasks, and returns them to be kept."""
        inherited: list[object] = [self._loop, self._tasks]
        self._loop, self._tasks = None, set()
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._early, self._coming = [], 0
        return inherited


async def _awaited(callback: Callable[..., Any], event: SchedulerEvent) -> None:
    try:
        await callback(event)
    except asyncio.CancelledError:
        raise
    except Exception:
        logger.exception("listener %r failed on %r", callback, event)
