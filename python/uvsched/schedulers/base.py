"""BaseScheduler: a scheduler, independent of what drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from .. import _core
from .._arguments import decode_result
from .._references import is_trusted, resolve
from .._time import from_micros, span_to_micros, zone_name
from ..enums import SchedulerState
from ..events import SchedulerEvent, records
from ..events.constants import ALL_EVENTS, SCHEDULER_SHUTDOWN, TASK_ERROR, TASK_EXECUTED, TASK_UNRUNNABLE
from ..events.log import WINDOW, EventLog
from ..exceptions import SchedulerNotRunningError, TaskLookupError
from ..executors import BaseExecutor
from ..runs import Run
from ..stores import BaseStore
from ..triggers.custom import custom_name, objects
from .adding import TaskAdding
from .configuration import read_configuration
from .inspection import SchedulerInfo
from .listeners import Listener, Listeners, logger

_HIDDEN = frozenset({_core.CONTROL_QUEUE, _core.TRIGGER_QUEUE})


class BaseScheduler(TaskAdding):
    """Holds tasks and decides nothing itself: the engine does. Use AsyncIOScheduler.

    Making one opens nothing: no thread, file, connection or lock.

    Args:
        global_config: a configuration dictionary, nested or with flat keys ("asyncz.stores.default.type"); keys may
            have the prefix "asyncz." or "uvsched.".
        timezone: tzinfo or name, for naive times and for the datetimes that are given back. UTC unless given.
        stores: alias → store object, URL ("sqlite:tasks.db", "memory") or dictionary. "default" is a memory store
            unless given.
        executors: alias → executor object, name or dictionary. "default" is an AsyncIOExecutor unless given.
        task_defaults: what tasks get that do not say otherwise: mistrigger_grace_time (seconds or None), coalesce,
            max_instances, max_catch_up, on_crash, max_crashes.
        trusted_modules: stored tasks whose function this process has not added resolve only when their module is one of
            these, or inside one of them.
        identity: names this scheduler in the ledger; host and process id unless given.
        lock_path: accepted for asyncz's sake; claims are atomic in the store, so no lock file is needed.
        options: see the subclass; further `manual_clock`, a datetime at which the clock stands still until advance()
            moves it, for tests; and asyncz's options that mean nothing here.

    Raises:
        TypeError, ValueError, LookupError: naming the argument and the value.
    """

    def __init__(
        self,
        global_config: Mapping[str, Any] | None = None,
        *,
        timezone: tzinfo | str | None = None,
        stores: Mapping[str, BaseStore | str | Mapping[str, Any]] | None = None,
        executors: Mapping[str, BaseExecutor | str | Mapping[str, Any]] | None = None,
        task_defaults: Mapping[str, Any] | None = None,
        trusted_modules: Iterable[str] = (),
        identity: str | None = None,
        lock_path: str | None = None,
        **options: Any,
    ) -> None:
        named = {
            "timezone": timezone,
            "stores": stores,
            "executors": executors,
            "task_defaults": task_defaults,
            "trusted_modules": trusted_modules or None,
            "identity": identity,
            "lock_path": lock_path,
        }
        super().__init__(read_configuration(global_config, {**options, **named}))
        self._listeners = Listeners()
        self._log = EventLog()
        self._started_at: datetime | None = None
        self._silent = False

    # ---- State ----

    @property
    def state(self) -> SchedulerState:
        """What the scheduler is doing."""
        if self._forked or not self._starts:
            return SchedulerState.STATE_STOPPED
        return SchedulerState(self._usable().state())

    @property
    def running(self) -> bool:
        """Whether it has been started and not shut down; also while paused."""
        return self.state != SchedulerState.STATE_STOPPED

    def pause(self) -> None:
        """Lets no run start until resume(). Due times that pass meanwhile are treated as late.

        Raises:
            SchedulerNotRunningError: it does not run.
        """
        self._running().pause()

    def resume(self) -> None:
        """Ends a pause.

        Raises:
            SchedulerNotRunningError: it does not run.
        """
        self._running().resume()

    def _running(self) -> _core.Engine:
        engine = self._usable()
        if not self._starts:
            raise SchedulerNotRunningError
        return engine

    def advance(self, time: timedelta | float) -> None:
        """Moves a manual clock forward by a timedelta or seconds.

        Raises:
            ValueError: the scheduler has no manual clock.
        """
        self._usable().advance(span_to_micros(time, "time"))

    # ---- Listeners ----

    def add_listener(self, callback: Listener, mask: int = ALL_EVENTS) -> None:
        """Calls `callback(event)` on the scheduler's asyncio thread for events whose code is in `mask`.

        A listener that raises is logged and does not disturb the others. Events wait in a bounded ring: when listeners
        are too slow, the oldest are dropped and an EVENTS_DROPPED event says how many.

        Raises:
            TypeError: the callback cannot be called, or is a coroutine function.
        """
        self._listeners.add(callback, int(mask))
        self._subscribe()

    def remove_listener(self, callback: Listener) -> bool:
        """Removes a listener; False when there is none such."""
        found = self._listeners.remove(callback)
        self._subscribe()
        return found

    def dispatch_event(self, event: SchedulerEvent) -> None:
        """Calls the listeners that want this event, on this thread."""
        self._listeners.dispatch(event)

    def _subscribe(self) -> None:
        """Tells the engine which events are wanted: what is logged, what listeners want, what resolves stored
        functions."""
        mask = self._listeners.mask
        engine = self._usable()
        engine.subscribe(mask | self._log.wanted | TASK_UNRUNNABLE | SCHEDULER_SHUTDOWN)
        engine.keep_outcomes(bool(mask & (TASK_EXECUTED | TASK_ERROR)))

    def _on_events(self, events: Sequence[_core.EventRecord]) -> None:
        """On the asyncio thread: what the engine reports."""
        wanted = self._listeners.mask
        interrupt: BaseException | None = None
        for record in events:
            if record.alias in _HIDDEN or record.code == SCHEDULER_SHUTDOWN:
                continue  # a name that users never see; an end that is told by shutdown() itself
            if record.code == TASK_UNRUNNABLE and self._resolve_trusted(record):
                continue
            self._log.write(record)
            if record.code & wanted:
                ended = record.code & (TASK_EXECUTED | TASK_ERROR)
                outcome = self._usable().take_outcome(record.fire_id) if ended else None
                try:
                    self._listeners.dispatch(records.to_event(record, self._timezone, self.identity, outcome))
                except KeyboardInterrupt as error:
                    interrupt = error
        if self._log.silenced and not self._silent:
            self._silent = True
            self._subscribe()
            self._later(WINDOW, self._end_silence)
        if interrupt is not None:
            raise interrupt

    def _end_silence(self) -> None:
        self._silent = False
        self._log.resume()
        if self._starts:
            self._subscribe()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        """Makes a call on the asyncio thread, some time from now; at once when the scheduler does not run."""
        raise NotImplementedError

    def _resolve_trusted(self, record: _core.EventRecord) -> bool:
        """Registers the function, or the custom trigger's class, of a stored task when its module is trusted; False
        when it is not, or cannot be found."""
        engine = self._usable()
        trusted = self._configuration.trusted_modules
        found = False
        try:
            task = engine.get(record.alias or None, record.task_id)
            name = custom_name(task.trigger)
            if name is not None and name not in self._trigger_names:
                if not is_trusted(name, trusted):
                    return False
                objects.know(name)
                self._register_trigger(engine, name)
                found = True
            reference = task.function
            if reference not in self._functions:
                if not is_trusted(reference, trusted):
                    return False
                self._register(engine, reference, resolve(reference))
                found = True
        except (TaskLookupError, LookupError, TypeError) as error:
            logger.warning("task %s cannot be resolved: %s", record.task_id, error)
            return False
        return found

    # ---- Inspection ----

    def history(
        self,
        task_id: str | None = None,
        state: str | None = None,
        *,
        limit: int = 100,
        before: int | None = None,
        store: str | None = None,
    ) -> list[Run]:
        """Runs that ended, and due times that were missed or skipped, from new to old. Waits for a durable store.

        Args:
            task_id: of one task; None: of all.
            state: "done", "failed", "cancelled", "lost", "missed" or "skipped"; None: all of them.
            limit: how many at most.
            before: rows with a smaller number: that of the last row of the page before. None: from the newest.
            store: alias; "default" unless given.

        Raises:
            ValueError, LookupError: naming the argument. SchedulerNotRunningError: a durable store is not open.
        """
        if limit < 1:
            raise ValueError(f"limit: {limit} is not at least 1")
        alias = store or "default"
        self._check_store(alias)
        rows = self._usable().history(alias, task_id, state, before, limit)
        return [self._run(row, alias) for row in rows]

    def _run(self, row: _core.HistoryRecord, store: str) -> Run:
        zone = self._timezone

        def moment(micros: int) -> datetime | None:
            return from_micros(micros, zone) if micros else None

        return Run(
            number=row.seq,
            task_id=row.task_id,
            store=store,
            fire_id=row.fire_id,
            kind=row.kind,
            state=row.state,
            reason=row.reason,
            scheduled_time=from_micros(row.last, zone),
            first_time=from_micros(row.first, zone),
            folded=row.folded,
            exact=row.exact,
            attempt=row.attempt,
            crashes=row.crashes,
            owner=row.owner,
            claimed_at=moment(row.claimed_at),
            started_at=moment(row.started_at),
            finished_at=moment(row.finished_at),
            result=decode_result(row.result),
            error=row.error,
            late_result=row.late_result,
        )

    def get_scheduler_info(self) -> SchedulerInfo:
        """A detached picture of the scheduler. Reads every task."""
        engine = self._usable()
        tasks = self.get_task_infos()
        stats = engine.stats()
        state = self.state
        uptime = None
        if self._started_at is not None:
            uptime = (datetime.now(self._timezone) - self._started_at).total_seconds()
        paused = sum(task.next_run_time is None and not task.pending for task in tasks)
        pending = sum(task.pending for task in tasks)
        return SchedulerInfo(
            identity=self.identity,
            state=state,
            state_label=state.name.removeprefix("STATE_").lower(),
            running=self.running,
            started_at=self._started_at,
            uptime_seconds=uptime,
            timezone=zone_name(self._timezone),
            executor_aliases=tuple(self._executors),
            store_aliases=tuple(self._stores),
            task_count=len(tasks),
            scheduled_task_count=len(tasks) - paused - pending,
            paused_task_count=paused,
            pending_task_count=pending,
            submitted_task_count=len(tasks) - pending,
            fires=stats["fires"],
            finished=stats["finished"],
            missed=stats["missed"],
            in_flight=stats["in_flight"],
            events_dropped=stats["events_dropped"],
        )

    def __getstate__(self) -> Any:
        raise TypeError("a scheduler cannot be pickled; is it an argument of a task, or an attribute of one?")

    def __repr__(self) -> str:
        stores = ", ".join(f"{alias}={store!r}" for alias, store in self._stores.items())
        return f"<{type(self).__name__} {self.state.name.removeprefix('STATE_').lower()}, {stores}>"
