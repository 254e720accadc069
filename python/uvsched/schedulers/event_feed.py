"""EventFeed: the engine's events, on their way to the log and the listeners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from .._failures import is_ctrl_c
from ..events import SchedulerEvent, records
from ..events.constants import (
    ALL_TASKS_REMOVED,
    LEASE_LOST,
    SCHEDULER_PAUSED,
    SCHEDULER_RESUMED,
    SCHEDULER_SHUTDOWN,
    SCHEDULER_STARTED,
    TASK_ADDED,
    TASK_ERROR,
    TASK_EXECUTED,
    TASK_UNRUNNABLE,
)
from ..events.log import MINUTE, WINDOW, EventLog
from .configuration import Configuration
from .engine_handle import EngineHandle
from .listeners import Listener, Listeners
from .unrunnable import Unrunnable

if TYPE_CHECKING:
    from .driver import Driver

# What only calls do.
_ALWAYS_ASKED = SCHEDULER_STARTED | SCHEDULER_PAUSED | SCHEDULER_RESUMED | ALL_TASKS_REMOVED

_HIDDEN = frozenset({_core.CONTROL_QUEUE, _core.TRIGGER_QUEUE})


class EventFeed:
    """Writes the log, calls the listeners, and has functions of stored tasks looked up when an event says that they are
    missing. Listeners may be added and removed on any thread; what the engine decides comes on the driver's thread.
    What calls asked for is not told here: see Announcements."""

    def __init__(
        self,
        configuration: Configuration,
        handle: EngineHandle,
        unrunnable: Unrunnable,
        driver: Driver,
        listeners: Listeners,
    ) -> None:
        self._handle = handle
        self._unrunnable = unrunnable
        self._driver = driver
        self._configuration = configuration
        self._listeners = listeners
        self._log = EventLog()
        self._silent = False
        self._folding = False

    # ---- Listeners ----

    def add_listener(self, callback: Listener, mask: int) -> None:
        """See BaseScheduler.add_listener."""
        self._listeners.add(callback, mask)
        self.subscribe()

    def remove_listener(self, callback: Listener) -> bool:
        """Removes a listener. False if it was not added."""
        removed = self._listeners.remove(callback)
        self.subscribe()
        return removed

    def dispatch(self, event: SchedulerEvent) -> None:
        """Calls the listeners that want this event, on this thread."""
        self._listeners.dispatch(event)

    def subscribe(self) -> None:
        """Tells the engine which events are wanted: those that are logged, those that listeners want, and those that
        resolve stored functions."""
        mask = self._listeners.mask
        engine = self._handle.usable()
        asked = _ALWAYS_ASKED
        if not any(store.declares_again for store in self._configuration.stores.values()):
            asked |= TASK_ADDED
        engine.subscribe((mask & ~asked) | self._log.wanted | TASK_UNRUNNABLE | SCHEDULER_SHUTDOWN)
        engine.keep_outcomes(bool(mask & TASK_EXECUTED), bool((mask | self._log.wanted) & TASK_ERROR))

    # ---- Events ----

    def take(self, events: Sequence[_core.EventRecord]) -> None:
        """Takes what the engine reports.

        Raises:
            BaseException: Ctrl-C came in a listener or in a trusted module; the events have been taken.
        """
        wanted = self._listeners.mask
        interrupt: BaseException | None = None
        for record in events:
            if record.asked or record.alias in _HIDDEN or record.code == SCHEDULER_SHUTDOWN:
                continue  # users never see these names; Lifecycle tells the end
            failure: BaseException | None = None
            if record.code == TASK_UNRUNNABLE:
                try:
                    if self._unrunnable.learn(self._handle.usable(), record):
                        continue
                except BaseException as error:
                    failure = error
                    if is_ctrl_c(error):
                        interrupt = error
            outcome = None
            if record.code & (TASK_EXECUTED | TASK_ERROR | LEASE_LOST):
                outcome = self._handle.usable().take_outcome(record.fire_id)
                failure = outcome[1] if outcome is not None and not outcome[0] else None
            self._log.write(record, failure)
            if record.code & wanted:
                try:
                    self._listeners.dispatch(self._event(record, outcome))
                except KeyboardInterrupt as error:
                    interrupt = error
        self._watch_log()
        if interrupt is not None:
            raise interrupt

    def _event(self, record: _core.EventRecord, outcome: tuple[bool, Any] | None) -> SchedulerEvent:
        return records.to_event(record, self._configuration.timezone, self._handle.identity, outcome)

    # ---- The log's clock ----

    def _watch_log(self) -> None:
        if self._log.silenced and not self._silent:
            self._silent = True
            self.subscribe()
            self._driver.later(WINDOW, self._end_silence)
        if self._log.folds and not self._folding:
            self._folding = True
            self._driver.later(MINUTE, self._end_minute)

    def _end_silence(self) -> None:
        self._silent = False
        self._log.resume()
        if self._driver.active:
            self.subscribe()

    def _end_minute(self) -> None:
        self._folding = False
        self._log.end_minute()
        if self._log.folds and self._driver.active:
            self._folding = True
            self._driver.later(MINUTE, self._end_minute)

    def finish(self) -> None:
        """When the scheduler stops: its loop may be gone, and with it the calls that it was to make later."""
        self._silent = self._folding = False
        self._log.finish()

    def after_fork(self) -> None:
        """In the child of a fork: silence and folded skips are the parent's, and so are the calls that end them."""
        self._silent = self._folding = False
        self._log = EventLog()
