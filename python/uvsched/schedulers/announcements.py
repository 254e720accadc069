"""Announcements: listeners hear what the scheduler was asked to do before the call returns."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime

from .._time import from_micros
from ..events import SchedulerEvent, TaskEvent
from ..events.constants import EXECUTOR_ADDED, EXECUTOR_REMOVED, STORE_ADDED, TASK_ADDED, TASK_REMOVED
from .configuration import Configuration
from .declarations import Key
from .engine_handle import EngineHandle
from .listeners import Listeners


class Announcements:
    """Makes the events of calls, and tells each of them once: on the thread of the call, whether the scheduler runs or
    not. Parts and tasks that were there before anybody wanted to hear of them are told by the start. Thread-safe."""

    def __init__(self, configuration: Configuration, handle: EngineHandle, listeners: Listeners) -> None:
        self._configuration = configuration
        self._handle = handle
        self._listeners = listeners
        self._lock = threading.Lock()
        self._heard: set[tuple[int, str]] = set()  # parts
        self._unheard: dict[Key, None] = {}  # tasks
        self._collecting = threading.local()

    # ---- What was done ----

    def scheduler(self, code: int, alias: str | None = None) -> None:
        """Something about the scheduler, or a store of it (`alias`)."""
        if code & self._listeners.mask:
            self._tell(SchedulerEvent(code=code, alias=alias, time=self._now()))

    def part(self, code: int, alias: str) -> None:
        """A store or an executor was added or removed."""
        heard = bool(code & self._listeners.mask)
        with self._lock:
            if code in (EXECUTOR_ADDED, STORE_ADDED):
                if heard:
                    self._heard.add((code, alias))
            else:
                self._heard.discard((EXECUTOR_ADDED if code == EXECUTOR_REMOVED else STORE_ADDED, alias))
        self.scheduler(code, alias)

    def task(self, code: int, key: Key, *, pending: bool = False) -> None:
        """A task was added, changed or removed.

        Args:
            key: alias of its store, and its id.
            pending: it is not in its store yet.
        """
        if code & self._listeners.mask:
            if self._unheard:
                self._unheard.pop(key, None)
            alias, id = key
            self._tell(
                TaskEvent(
                    code=code,
                    alias=alias or None,
                    time=self._now(),
                    task_id=id,
                    store=alias or None,
                    scheduler_identity=self._handle.identity,
                )
            )
        elif code == TASK_ADDED:
            if pending:
                self._unheard[key] = None
        elif code == TASK_REMOVED:
            self._unheard.pop(key, None)

    def all_removed(self, store: str | None) -> None:
        """All tasks of a store (None: of all stores) were removed: none of them is told any more."""
        for key in [key for key in list(self._unheard) if store is None or key[0] == store]:
            self._unheard.pop(key, None)

    def starting(self) -> None:
        """Tells of the executors, the stores and the tasks that nobody heard of."""
        for added, parts in (
            (EXECUTOR_ADDED, self._configuration.executors),
            (STORE_ADDED, self._configuration.stores),
        ):
            for alias in list(parts):
                with self._lock:
                    heard = (added, alias) in self._heard
                    self._heard.add((added, alias))
                if not heard:
                    self.scheduler(added, alias)
        while self._unheard:
            with contextlib.suppress(KeyError, StopIteration):  # another thread told it
                key = next(iter(self._unheard))
                del self._unheard[key]
                self.task(TASK_ADDED, key)

    def _now(self) -> datetime:
        return from_micros(self._handle.usable().now(), self._configuration.timezone)

    # ---- On which thread ----

    def _tell(self, event: SchedulerEvent) -> None:
        collected = getattr(self._collecting, "events", None)
        if collected is None:
            self._listeners.dispatch(event)
        else:
            collected.append(event)

    @contextlib.contextmanager
    def collected(self) -> Iterator[list[SchedulerEvent]]:
        """Collects what the calls of this thread tell, for the thread on which they are awaited: see tell_all()."""
        events: list[SchedulerEvent] = []
        self._collecting.events = events
        try:
            yield events
        finally:
            del self._collecting.events

    def tell_all(self, events: list[SchedulerEvent]) -> None:
        """Tells what was collected."""
        for event in events:
            self._listeners.dispatch(event)
