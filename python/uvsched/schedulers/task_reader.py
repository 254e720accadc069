"""TaskReader: reads tasks and the history of their runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from .._time import from_micros, to_micros, zone_name
from ..exceptions import SchedulerNotRunningError, TaskLookupError
from ..runs import Run, run_of
from ..tasks import Task, TaskInfo, TaskRunPreview
from ..tasks.checks import check_count
from ..tasks.records import NEVER, function_of, info_of, moment_of, trigger_of
from .aliases import check_store, key_of
from .configuration import Configuration
from .declarations import Declarations, Key
from .engine_handle import EngineHandle
from .loop_waits import waits
from .registry import Registry
from .unrunnable import Unrunnable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import _core


class TaskReader:
    """Looks at tasks: what Task shows, lists, previews and the history. Thread-safe; waits for durable stores."""

    def __init__(
        self,
        configuration: Configuration,
        handle: EngineHandle,
        declarations: Declarations,
        registry: Registry,
        unrunnable: Unrunnable,
    ) -> None:
        self._configuration = configuration
        self._stores = configuration.stores
        self._handle = handle
        self._declarations = declarations
        self._registry = registry
        self._unrunnable = unrunnable

    # ---- What Task asks ----

    @property
    def timezone(self) -> tzinfo:
        """The zone of the datetimes that are given back."""
        return self._configuration.timezone

    def key(self, store: str, task_id: str) -> Key:
        """Store and id that a task has now: another store may have taken the place of its own before the start."""
        return self._declarations.key((store, task_id))

    @waits("get_task")
    def record(self, store: str, task_id: str) -> _core.TaskRecord:
        """The task now.

        Raises:
            TaskLookupError: there is none.
        """
        return self._handle.usable().get_task(task_id, store)

    def function(self, record: _core.TaskRecord) -> Callable[..., Any] | None:
        """Its function; None if this process does not know it."""
        return function_of(record, self._registry.functions)

    def problem(self, record: _core.TaskRecord) -> str | None:
        """Why it cannot run in this process, and what to do; None if it can."""
        return self._unrunnable.problem(record)

    def next_run_time(self, record: _core.TaskRecord) -> datetime | None:
        """When it runs next, or would run if the scheduler started now; None if it is paused or finished."""
        if record.pending and not record.paused:
            return next(iter(self._first_times(record, self.now(), 1)), None)
        return moment_of(record.next_run_time, self.timezone)

    def _first_times(self, record: _core.TaskRecord, now: datetime, count: int) -> list[datetime]:
        """The first due times of a task that is not in its store yet, from `now` on."""
        trigger, zone = trigger_of(record), self.timezone
        given = self._declarations.next_run_time((record.store, record.id))
        times = [] if given is None else [from_micros(given, zone)]
        while trigger is not None and len(times) < count:
            found = trigger.get_next_trigger_time(zone, times[-1] if times else None, now)
            if found is None:
                break
            times.append(found.astimezone(zone))
        return times

    def info(self, record: _core.TaskRecord) -> TaskInfo:
        """A detached picture of it."""
        picture = info_of(record, self.timezone, self._registry.functions)
        return replace(picture, problem=self.problem(record), next_run_time=self.next_run_time(record))

    def now(self) -> datetime:
        """The present, by the scheduler's clock."""
        return from_micros(self._handle.usable().now(), self.timezone)

    # ---- What callers ask ----

    @waits("get_task")
    def find(self, task: Task | str, store: str | None) -> Key | None:
        """Alias of the store and id of a task; None if there is none."""
        key, alias = key_of(task, store, self._stores)
        try:
            return self._handle.usable().get_task(key, alias).store, key
        except (TaskLookupError, SchedulerNotRunningError):  # not declared here, and its store is not open
            return None

    @waits("get_tasks")
    def records(self, store: str | None) -> Sequence[_core.TaskRecord]:
        """All tasks of a store (None: of every store), in order of store and id."""
        check_store(store, self._stores)
        return self._handle.usable().get_tasks(store)

    def seconds_to_next(self) -> float | None:
        """How long it is until the next task is due, not less than 0; None if no task has a next run."""
        engine = self._handle.usable()
        times = [record.next_run_time for record in engine.get_tasks(None) if record.next_run_time != NEVER]
        return max(min(times) - engine.now(), 0) / 1_000_000 if times else None

    @waits("preview_task_runs")
    def preview(self, task: Task | str, store: str | None, count: int, now: datetime | None) -> TaskRunPreview | None:
        """See preview_task_runs."""
        check_count(count, "count")
        key, alias = key_of(task, store, self._stores)
        engine = self._handle.usable()
        zone = self.timezone
        try:
            record = engine.get_task(key, alias)
            after = None if now is None else to_micros(now, zone) - 1
            if record.pending:
                first = [] if record.paused else self._first_times(record, now or self.now(), count)
                times: Sequence[int] = [to_micros(time, zone) for time in first]
            else:
                times = engine.preview_task_runs(key, record.store, after, count)
        except TaskLookupError:
            return None
        return TaskRunPreview(
            task=self.info(record),
            timezone=zone_name(zone),
            generated_at=from_micros(engine.now(), zone),
            requested_count=count,
            run_times=tuple(from_micros(time, zone) for time in times),
            exhausted=len(times) < count,
        )

    @waits("history")
    def history(
        self, task_id: str | None, state: str | None, limit: int, before: int | None, store: str | None
    ) -> list[Run]:
        """See BaseScheduler.history."""
        check_count(limit, "limit")
        alias = store or "default"
        check_store(alias, self._stores)
        rows = self._handle.usable().history(task_id, alias, state, before, limit)
        return [run_of(row, alias, self.timezone) for row in rows]
