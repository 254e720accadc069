"""Task: a live view of one task of a scheduler."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..enums import TaskScheduleState
from .draft import Draft, NoOwner
from .inspection import TaskInfo
from .records import arguments_of, described, trigger_of

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .._core import TaskRecord
    from ..triggers import BaseTrigger
    from ..triggers.arguments import AnyTrigger
    from .options import Function, TaskOptions, TaskUpdates

Fn = TypeVar("Fn", bound=Callable[..., Any])


class TaskOwner(Protocol):
    """A scheduler, as its tasks see it."""

    def update_task(self, task_id: str, store: str | None = None, **updates: Unpack[TaskUpdates]) -> Task: ...
    def reschedule_task(
        self, task_id: str, store: str | None = None, trigger: AnyTrigger = None, **trigger_args: Any
    ) -> Task: ...
    def pause_task(self, task_id: str, store: str | None = None) -> Task: ...
    def resume_task(self, task_id: str, store: str | None = None) -> Task | None: ...
    def run_task(self, task_id: str, store: str | None = None) -> Task | None: ...
    def delete_task(self, task_id: str, store: str | None = None) -> None: ...


class TaskSource(Protocol):
    """Shows a task as it is now, and what this process knows about it."""

    @property
    def timezone(self) -> tzinfo: ...

    def key(self, store: str, task_id: str) -> tuple[str, str]: ...
    def record(self, store: str, task_id: str) -> TaskRecord: ...
    def function(self, record: TaskRecord) -> Callable[..., Any] | None: ...
    def problem(self, record: TaskRecord) -> str | None: ...
    def next_run_time(self, record: TaskRecord) -> datetime | None: ...
    def info(self, record: TaskRecord) -> TaskInfo: ...


class Task:
    """A task that a scheduler holds, or will be given. Each attribute asks the scheduler anew; `snapshot()` gives all
    of one moment.

    Attributes raise TaskLookupError once the task is deleted. Tasks are equal if scheduler, store and id are.
    Thread-safe.
    """

    __slots__ = ("_draft", "_id", "_scheduler", "_source", "_store")

    def __init__(
        self,
        fn: Function | None = None,
        *,
        trigger: AnyTrigger = None,
        store_alias: str | None = None,
        scheduler: TaskOwner | None = None,
        **options: Unpack[TaskOptions],
    ) -> None:
        """A task apart from a scheduler; `scheduler.add_task(task)` takes it, and from then on it is live.

        Args:
            fn: the function, or "package.module:function".
            trigger: a trigger, or the name of one that needs no arguments. None: once, when it is added.
            store_alias: alias of the store, like the option `store`.
            scheduler: the scheduler that will be given it; this alone does not add it.
            options: those of add_task. What is left out, the scheduler's task_defaults say.

        Raises:
            TypeError, ValueError, LookupError: naming the argument and the value.
        """
        if store_alias is not None:
            options["store"] = store_alias
        self._scheduler: TaskOwner = NoOwner() if scheduler is None else scheduler
        self._become(Draft(fn, trigger, options))

    @classmethod
    def of(cls, scheduler: TaskOwner, source: TaskSource, store: str, id: str) -> Self:
        """The live view of a task that a scheduler holds."""
        task = cls.__new__(cls)
        task.added(scheduler, source, store, id)
        return task

    def added(self, scheduler: TaskOwner, source: TaskSource, store: str, id: str) -> None:
        """A scheduler holds it now."""
        self._scheduler = scheduler
        self._source = source
        self._store = store
        self._id = id
        self._draft: Draft | None = None

    def _become(self, draft: Draft) -> Task:
        """It is not added yet, and made of this."""
        record = draft.record("", "")
        self.added(self._scheduler, draft, record.store, record.id)
        self._draft = draft
        return self

    @property
    def draft(self) -> Draft | None:
        """What it was made of, for the scheduler that takes it; None once it is live."""
        return self._draft

    def _key(self) -> tuple[str, str]:
        """The alias of its store, and its id."""
        return self._source.key(self._store, self._id)

    def _record(self) -> TaskRecord:
        return self._source.record(*self._key())

    @property
    def id(self) -> str:
        """Unique within its store. "" for a task that was not added yet, and was given none. A task that was given none
        gets another one if, before the first start, a store that outlives the process takes the place of one in memory.
        """
        return self._key()[1]

    @property
    def store_alias(self) -> str:
        """Alias of the store that holds it."""
        return self._key()[0]

    @property
    def scheduler(self) -> TaskOwner:
        """The scheduler that holds it."""
        return self._scheduler

    @property
    def name(self) -> str:
        """For people; the function's name unless given."""
        return self._record().name

    @property
    def fn(self) -> Callable[..., Any] | None:
        """The function; None if this process does not know the one that `fn_reference` names."""
        return self._source.function(self._record())

    @property
    def fn_reference(self) -> str:
        """The function's name, module:qualname."""
        return self._record().function

    @property
    def problem(self) -> str | None:
        """Why it cannot run in this process, and what to do; None if it can."""
        return self._source.problem(self._record())

    @property
    def trigger(self) -> BaseTrigger | None:
        """When it is due; None for a kind of trigger that this release does not know."""
        return trigger_of(self._record())

    @property
    def args(self) -> tuple[Any, ...]:
        """Positional arguments of the function. Raises TaskArgumentsError if the stored ones cannot be read."""
        return arguments_of(self._record())[0]

    @property
    def kwargs(self) -> dict[str, Any]:
        """Keyword arguments of the function. Raises TaskArgumentsError if the stored ones cannot be read."""
        return arguments_of(self._record())[1]

    @property
    def executor(self) -> str:
        """Alias of the executor that runs it."""
        return self._record().executor

    @property
    def coalesce(self) -> bool:
        """Whether due times that piled up run once."""
        return self._record().coalesce

    @property
    def max_instances(self) -> int:
        """How many runs may be under way at a time."""
        return self._record().max_instances

    @property
    def max_catch_up(self) -> int:
        """How many piled-up due times run if they are not coalesced."""
        return self._record().max_catch_up

    @property
    def on_crash(self) -> str:
        """Whether a run whose process dies is run again ("rerun") or recorded as lost ("mark_lost")."""
        return "mark_lost" if self._record().on_crash else "rerun"

    @property
    def mistrigger_grace_time(self) -> float | None:
        """How many seconds late a run may start; None: however late."""
        grace = self._record().mistrigger_grace_time
        return None if grace < 0 else grace / 1_000_000

    @property
    def next_run_time(self) -> datetime | None:
        """When it runs next, in the scheduler's time zone; before the scheduler's start, when it would run if that
        started now. None if it is paused or finished."""
        return self._source.next_run_time(self._record())

    @property
    def pending(self) -> bool:
        """Whether it was added before the scheduler's start, and is not in its store yet."""
        return self._record().pending

    @property
    def paused(self) -> bool:
        """Whether it is paused."""
        return self._record().paused

    @property
    def submitted(self) -> bool:
        """Whether it is in its store."""
        return not self._record().pending

    @property
    def schedule_state(self) -> TaskScheduleState:
        """Pending, paused (no next run) or scheduled."""
        return self.snapshot().schedule_state

    def get_run_times(self, timezone: tzinfo, now: datetime) -> list[datetime]:
        """The due times that have come by `now` and have not been run, in order; at most as many as max_catch_up lets
        run.

        Args:
            timezone: the zone of the result.
        """
        record = self._record()
        time, trigger = self._source.next_run_time(record), trigger_of(record)
        times: list[datetime] = []
        while time is not None and time <= now and len(times) < record.max_catch_up:
            times.append(time.astimezone(timezone))
            time = None if trigger is None else trigger.get_next_trigger_time(timezone, time, now)
        return times

    def snapshot(self) -> TaskInfo:
        """A detached picture of the task at this moment."""
        return self._source.info(self._record())

    def update(self, **updates: Unpack[TaskUpdates]) -> Task:
        """Changes the task: see the scheduler's update_task."""
        if self._draft is not None:
            return self._become(self._draft.changed(updates))
        self._scheduler.update_task(self.id, self.store_alias, **updates)
        return self

    def update_task(self, **updates: Unpack[TaskUpdates]) -> Task:
        """See update()."""
        return self.update(**updates)

    def reschedule(self, trigger: AnyTrigger = None, **trigger_args: Any) -> Task:
        """Gives the task another trigger: see the scheduler's reschedule_task."""
        if self._draft is not None:
            return self._become(self._draft.rescheduled(trigger, trigger_args))
        self._scheduler.reschedule_task(self.id, self.store_alias, trigger, **trigger_args)
        return self

    def pause(self) -> Task:
        """Pauses the task, over restarts too."""
        if self._draft is not None:
            return self._become(self._draft.changed({"next_run_time": None}))
        self._scheduler.pause_task(self.id, self.store_alias)
        return self

    def resume(self) -> Task | None:
        """Resumes the task; its next time is computed from now. None if it has no time left."""
        if self._draft is not None:
            return self._become(self._draft.resumed())
        return self._scheduler.resume_task(self.id, self.store_alias)

    def run(self) -> Task | None:
        """Runs the task once now, beside its schedule."""
        return self._scheduler.run_task(self.id, self.store_alias)

    def delete(self) -> Task:
        """Deletes the task."""
        self._scheduler.delete_task(self.id, self.store_alias)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Task):
            return NotImplemented
        return self._scheduler == other._scheduler and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((id(self._scheduler), self._key()))

    def __repr__(self) -> str:
        try:
            told = described(self._record(), self._source.timezone)
        except Exception:  # the task is deleted, or its store not open; a repr raises nothing
            told = ""
        return f"<Task {self.id!r}{told}, store {self.store_alias!r}>"


class TaskDecorator:
    """What `add_task` returns if it is called without a function: calling it with one adds the task.

    The function itself is returned, so that it stays usable; `task` is the task added last.
    """

    __slots__ = ("_add_task", "_options", "_trigger", "task")

    def __init__(self, add_task: Callable[..., Task], trigger: BaseTrigger, options: dict[str, Any]) -> None:
        self._add_task = add_task
        self._trigger = trigger
        self._options = options
        self.task: Task | None = None

    def __call__(self, fn: Fn) -> Fn:
        self.task = self._add_task(fn, self._trigger, **self._options)
        return fn


__all__ = ["Task", "TaskDecorator"]
