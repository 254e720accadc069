"""Task: a live view of one task of a scheduler."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..enums import TaskScheduleState
from .inspection import TaskInfo

if TYPE_CHECKING:
    from .._core import TaskRecord
    from ..schedulers.adding import TaskAdding
    from ..schedulers.managing import TaskManaging
    from ..triggers import BaseTrigger

Fn = TypeVar("Fn", bound=Callable[..., Any])


class Task:
    """A task that a scheduler holds. Each attribute asks the scheduler anew; `snapshot()` gives all of one moment.

    Attributes raise TaskLookupError when the task was deleted. Equal when scheduler, store and id are. Thread-safe.
    """

    __slots__ = ("_id", "_scheduler", "_store")

    def __init__(self, scheduler: TaskManaging, id: str, store: str) -> None:
        self._scheduler = scheduler
        self._id = id
        self._store = store

    def _record(self) -> TaskRecord:
        return self._scheduler._task_record(self._id, self._store)

    @property
    def id(self) -> str:
        """Unique within its store."""
        return self._id

    @property
    def store_alias(self) -> str:
        """Alias of the store that holds it."""
        return self._store

    @property
    def scheduler(self) -> TaskManaging:
        """The scheduler that holds it."""
        return self._scheduler

    @property
    def name(self) -> str:
        """For people; the function's name unless given."""
        return self._record().name

    @property
    def fn(self) -> Callable[..., Any] | None:
        """The function; None when this process does not know what `fn_reference` names."""
        return self._scheduler._task_function(self._record())

    @property
    def fn_reference(self) -> str:
        """The function's name, module:qualname."""
        return self._record().function

    @property
    def trigger(self) -> BaseTrigger | None:
        """When it is due; None for a kind of trigger that this release does not know."""
        return self._scheduler._task_trigger(self._record())

    @property
    def args(self) -> tuple[Any, ...]:
        """Positional arguments of the function."""
        return self._scheduler._task_arguments(self._record())[0]

    @property
    def kwargs(self) -> dict[str, Any]:
        """Keyword arguments of the function."""
        return self._scheduler._task_arguments(self._record())[1]

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
        """How many piled-up due times run when they are not coalesced."""
        return self._record().max_catch_up

    @property
    def on_crash(self) -> str:
        """What becomes of a run whose process dies: "rerun" or "mark_lost"."""
        return "mark_lost" if self._record().on_crash else "rerun"

    @property
    def mistrigger_grace_time(self) -> float | None:
        """Seconds that a run may be late and still start; None: it is never too late."""
        grace = self._record().grace_time
        return None if grace < 0 else grace / 1_000_000

    @property
    def next_run_time(self) -> datetime | None:
        """When it runs next, in the scheduler's time zone; None when paused or finished."""
        return self._scheduler._moment(self._record().next_run)

    @property
    def pending(self) -> bool:
        """Whether it was added before the scheduler's start and is not in its store yet."""
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

    def snapshot(self) -> TaskInfo:
        """All of it at one moment, detached."""
        return self._scheduler._task_info(self._record())

    def update(self, **updates: Any) -> Task:
        """Changes the task: see the scheduler's update_task."""
        self._scheduler.update_task(self._id, self._store, **updates)
        return self

    def update_task(self, **updates: Any) -> Task:
        """The same as update()."""
        return self.update(**updates)

    def reschedule(self, trigger: BaseTrigger | str | None = None, **trigger_args: Any) -> Task:
        """Gives the task another trigger: see the scheduler's reschedule_task."""
        self._scheduler.reschedule_task(self._id, self._store, trigger, **trigger_args)
        return self

    def pause(self) -> Task:
        """Pauses the task, over restarts too."""
        self._scheduler.pause_task(self._id, self._store)
        return self

    def resume(self) -> Task | None:
        """Resumes the task; its next time is computed from now. None when there is none any more."""
        return self._scheduler.resume_task(self._id, self._store)

    def run(self) -> Task | None:
        """Runs the task once now, beside its schedule."""
        return self._scheduler.run_task(self._id, self._store)

    def delete(self) -> Task:
        """Deletes the task."""
        self._scheduler.delete_task(self._id, self._store)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Task):
            return NotImplemented
        return (self._scheduler, self._store, self._id) == (other._scheduler, other._store, other._id)

    def __hash__(self) -> int:
        return hash((id(self._scheduler), self._store, self._id))

    def __repr__(self) -> str:
        return f"<Task {self._id!r} in store {self._store!r}>"


class TaskDecorator:
    """What `add_task` returns when it was called without a function: calling it with one adds the task.

    The function itself is returned, so that it stays usable; `task` is the task added last.
    """

    __slots__ = ("_options", "_scheduler", "task")

    def __init__(self, scheduler: TaskAdding, **options: Any) -> None:
        self._scheduler = scheduler
        self._options = options
        self.task: Task | None = None

    def __call__(self, fn: Fn) -> Fn:
        self.task = self._scheduler.add_task(fn, **self._options)
        return fn


__all__ = ["Task", "TaskDecorator"]
