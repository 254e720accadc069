"""Managing tasks: changing, running, listing and previewing those that were added."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from .. import _core
from .._arguments import encode_arguments
from .._references import check_reference, reference_of, resolve
from .._time import from_micros, span_to_micros, to_datetime, to_micros, zone_name
from ..exceptions import SchedulerNotRunningError, TaskLookupError, UvschedLookupError
from ..tasks import Task, TaskInfo, TaskRunPreview
from ..tasks.checks import as_args, as_kwargs, check_call
from ..tasks.records import NEVER, arguments_of, function_of, info_of, trigger_of
from ..triggers import BaseTrigger
from ..triggers.base import Spec
from ..triggers.custom import is_custom, objects
from ..triggers.factory import create_trigger
from ..triggers.types import TriggerType
from ..typing import Undefined, undefined
from .engine_owner import EngineOwner

_POLICIES = (
    "mistrigger_grace_time",
    "coalesce",
    "max_instances",
    "next_run_time",
    "on_crash",
    "max_catch_up",
    "max_crashes",
)
_ON_CRASH = {"rerun": 0, "mark_lost": 1}
_UPDATABLE = frozenset({"args", "executor", "fn", "kwargs", "name", "trigger", *_POLICIES})


class TaskManaging(EngineOwner):
    """The part of a scheduler that manages its tasks.

    Tasks are named by their id or by Task objects; `store` is the alias of their store (None: the first that has the
    id). Thread-safe; calls on a durable store wait for its commit.
    """

    # ---- Changing ----

    def update_task(self, task_id: Task | str, store: str | None = None, **updates: Any) -> Task:
        """Changes a task: fn, args, kwargs, name, executor, trigger, next_run_time and the policies of add_task.

        Run count and pause stay; the next run is computed anew when the trigger changes.

        Raises:
            TaskLookupError: no such task. TypeError, ValueError, LookupError: naming the update.
        """
        key, alias = self._named(task_id, store)
        unknown = sorted(set(updates) - _UPDATABLE)
        if unknown:
            raise TypeError(f"these cannot be updated: {', '.join(unknown)}")
        engine = self._usable()
        record = engine.get(alias, key)
        options = self._options(updates.get("name"), *(updates.get(name, undefined) for name in _POLICIES))
        executor = updates.get("executor")
        if executor is not None:
            if executor not in self._executors:
                raise unknown_alias("executor", executor, self._executors)
            options["executor"] = executor
        trigger = updates.get("trigger")
        spec = None
        if trigger is not None:
            spec = self._trigger_spec(engine, create_trigger(trigger, {}), record.store)
        call: tuple[Any, ...] = (None, None, (), None)
        if not updates.keys().isdisjoint(("fn", "args", "kwargs")):
            call = self._changed_call(engine, record, updates, options)
        self._change(record, "change", (record.store, key, *call, spec, options or None))
        return Task(self, key, record.store)

    def _changed_call(
        self, engine: _core.Engine, record: _core.TaskRecord, updates: dict[str, Any], options: dict[str, Any]
    ) -> tuple[Any, ...]:
        """Function and arguments after an update, as Engine.change takes them: name, function, args, kwargs."""
        given = updates.get("fn")
        fn = resolve(given) if isinstance(given, str) else given or function_of(record, self._functions)
        if not callable(fn):
            raise TypeError(f"fn: {record.function!r} is not known to this process; give fn too")
        args, kwargs = arguments_of(record)
        if updates.get("args") is not None:
            args = as_args(updates["args"])
        if updates.get("kwargs") is not None:
            kwargs = as_kwargs(updates["kwargs"])
        check_call(fn, args, kwargs)
        reference, _ = reference_of(fn)
        if not self._stores[record.store].durable:
            return (reference, fn, args, kwargs)
        check_reference(fn, reference)
        self._register(engine, reference, fn)
        options["arguments"] = encode_arguments(args, kwargs)
        return (reference, None, (), None)

    def reschedule_task(
        self,
        task_id: Task | str,
        store: str | None = None,
        trigger: TriggerType | timedelta | str | None = None,
        **trigger_args: Any,
    ) -> Task:
        """Gives a task another trigger (as in add_task) and computes its next run from now.

        Raises:
            TaskLookupError: no such task. TypeError, ValueError, LookupError: naming what is wrong with the trigger.
        """
        key, alias = self._named(task_id, store)
        rule = create_trigger(trigger, trigger_args)
        engine = self._usable()
        record = engine.get(alias, key)
        spec = self._trigger_spec(engine, rule, record.store)
        self._change(record, "change", (record.store, key, None, None, (), None, spec, None))
        return Task(self, key, record.store)

    def pause_task(self, task_id: Task | str, store: str | None = None) -> Task:
        """Pauses a task, over restarts too. Due times that pass meanwhile are not made up for.

        Raises:
            TaskLookupError: no such task.
        """
        key, alias = self._named(task_id, store)
        record = self._usable().get(alias, key)
        self._change(record, "pause_task", (record.store, key))
        return Task(self, key, record.store)

    def resume_task(self, task_id: Task | str, store: str | None = None) -> Task | None:
        """Resumes a task; its next run is computed from now. None when its trigger has no time left.

        Raises:
            TaskLookupError: no such task.
        """
        key, alias = self._named(task_id, store)
        engine = self._usable()
        record = engine.get(alias, key)
        self._change(record, "resume_task", (record.store, key))
        try:
            finished = engine.get(record.store, key).finished
        except TaskLookupError:
            finished = True
        return None if finished else Task(self, key, record.store)

    def _change(self, record: _core.TaskRecord, method: str, call: tuple[Any, ...]) -> None:
        getattr(self._usable(), method)(*call)
        if not self._started_once:
            self._declarations.changed((record.store, record.id), method, call)

    def run_task(
        self, task_id: Task | str, store: str | None = None, *, force: bool = True, remove_finished: bool = True
    ) -> Task | None:
        """Runs a task once now, beside its schedule, which goes on as it was.

        Args:
            force: False: only when the task is due.
            remove_finished: accepted for asyncz's sake; running a task by hand does not finish it here.

        Raises:
            TaskLookupError: no such task. SchedulerNotRunningError: the scheduler does not run.
        """
        key, alias = self._named(task_id, store)
        engine = self._usable()
        record = engine.get(alias, key)
        if force or record.next_run <= engine.now():
            engine.run_task(record.store, key)
        return Task(self, key, record.store)

    def delete_task(self, task_id: Task | str | None, store: str | None = None) -> None:
        """Deletes a task. A run under way goes on.

        Raises:
            TaskLookupError: no such task.
        """
        if task_id is None:
            raise TaskLookupError(None)
        key, alias = self._named(task_id, store)
        self._usable().remove(alias, key)
        for name in self._stores if alias is None else (alias,):
            self._declarations.removed((name, key))

    def remove_all_tasks(self, store: str | None = None) -> int:
        """Deletes all tasks of a store (None: of every store), and says how many.

        Raises:
            LookupError: no such store.
        """
        self._check_store(store)
        removed = self._usable().remove_all(store)
        self._declarations.removed_all(store)
        return removed

    # ---- Looking ----

    def get_task(self, task_id: str, store: str | None = None) -> Task | None:
        """A live view of a task; None when there is none."""
        key, alias = self._named(task_id, store)
        try:
            return Task(self, key, self._usable().get(alias, key).store)
        except (TaskLookupError, SchedulerNotRunningError):  # not declared here, and its store is not open
            return None

    def get_tasks(self, store: str | None = None) -> list[Task]:
        """Live views of all tasks of a store (None: of every store), in order of store and id."""
        self._check_store(store)
        return [Task(self, record.id, record.store) for record in self._usable().list(store)]

    def get_task_info(self, task_id: str, store: str | None = None) -> TaskInfo | None:
        """A detached picture of a task; None when there is none."""
        task = self.get_task(task_id, store)
        return None if task is None else task.snapshot()

    def get_task_infos(self, store: str | None = None) -> list[TaskInfo]:
        """Detached pictures of all tasks of a store (None: of every store), in order of store and id."""
        self._check_store(store)
        return [self._task_info(record) for record in self._usable().list(store)]

    def preview_task_runs(
        self, task_id: Task | str, store: str | None = None, *, count: int = 5, now: datetime | None = None
    ) -> TaskRunPreview | None:
        """The next due times of a task, at most `count`; None when there is no such task.

        Args:
            now: due times from this moment on (naive: in the scheduler's zone); None: from its next run on.
        """
        if count < 1:
            raise ValueError(f"count: {count} is not at least 1")
        key, alias = self._named(task_id, store)
        engine = self._usable()
        try:
            record = engine.get(alias, key)
            after = None if now is None else to_micros(now, self._timezone) - 1
            times = engine.preview(record.store, key, after, count)
        except TaskLookupError:
            return None
        return TaskRunPreview(
            task=self._task_info(record),
            timezone=zone_name(self._timezone),
            generated_at=from_micros(engine.now(), self._timezone),
            requested_count=count,
            run_times=tuple(from_micros(time, self._timezone) for time in times),
            exhausted=len(times) < count,
        )

    # ---- What adding and changing have in common ----

    def _options(
        self,
        name: str | None,
        grace: timedelta | float | Undefined | None,
        coalesce: bool | Undefined | None,
        max_instances: int | Undefined | None,
        next_run_time: datetime | str | Undefined | None,
        on_crash: str | Undefined,
        max_catch_up: int | Undefined,
        max_crashes: int | Undefined,
    ) -> dict[str, Any]:
        """What differs from the defaults, in the engine's words; its own checks of ranges follow."""
        out: dict[str, Any] = {}
        if name is not None:
            out["name"] = name
        if not isinstance(grace, Undefined):
            out["grace_time"] = -1 if grace is None else span_to_micros(grace, "mistrigger_grace_time")
        if not isinstance(coalesce, Undefined) and coalesce is not None:
            out["coalesce"] = bool(coalesce)
        for key, number in (
            ("max_instances", max_instances),
            ("max_catch_up", max_catch_up),
            ("max_crashes", max_crashes),
        ):
            if not isinstance(number, Undefined) and number is not None:
                if not isinstance(number, int):
                    raise TypeError(f"{key}: expected a whole number, not {type(number).__name__}")
                out[key] = number
        if not isinstance(on_crash, Undefined):
            if on_crash not in _ON_CRASH:
                raise ValueError(f"on_crash: {on_crash!r} is not one of 'rerun', 'mark_lost'")
            out["on_crash"] = _ON_CRASH[on_crash]
        if next_run_time is None:
            out["paused"] = True
        elif not isinstance(next_run_time, Undefined):
            out["next_run_time"] = to_micros(to_datetime(next_run_time, "next_run_time"), self._timezone)
        return out

    def _register(self, engine: _core.Engine, reference: str, fn: Callable[..., Any]) -> None:
        """Lets stored tasks find a function under its name."""
        if self._functions.get(reference) != fn:
            engine.register(reference, fn)
            self._functions[reference] = fn
            if not self._started_once:
                self._declarations.function(reference, fn)

    def _trigger_spec(self, engine: _core.Engine, trigger: BaseTrigger, store: str) -> Spec:
        """What the engine is told about a trigger of a task in this store."""
        if not is_custom(trigger):
            return trigger.spec(self._timezone)
        form = objects.declare(trigger)
        if form.local is not None and self._stores[store].durable:
            raise ValueError(f"trigger: store {store!r} is durable, but {form.local}")
        self._register_trigger(engine, form.name)
        return form.spec(trigger, self._timezone)

    def _register_trigger(self, engine: _core.Engine, name: str) -> None:
        """Lets stored tasks find a class of custom triggers under its name."""
        if name not in self._trigger_names:
            engine.register_trigger(name)
            self._trigger_names.add(name)
            if not self._started_once:
                self._declarations.trigger(name)
        self._custom_triggers.need()

    # ---- What Task asks ----

    def _named(self, task: Task | str, store: str | None) -> tuple[str, str | None]:
        """Id and store of what a caller names."""
        if isinstance(task, Task):
            return task.id, store or task.store_alias
        if not isinstance(task, str):
            raise TypeError(f"task_id: expected a task or its id, not {type(task).__name__}")
        self._check_store(store)
        return task, store

    def _check_store(self, store: str | None) -> None:
        if store is not None and store not in self._stores:
            raise unknown_alias("store", store, self._stores)

    def _task_record(self, task_id: str, store: str) -> _core.TaskRecord:
        return self._usable().get(store, task_id)

    def _task_function(self, record: _core.TaskRecord) -> Callable[..., Any] | None:
        return function_of(record, self._functions)

    def _task_arguments(self, record: _core.TaskRecord) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return arguments_of(record)

    def _task_trigger(self, record: _core.TaskRecord) -> BaseTrigger | None:
        return trigger_of(record)

    def _task_info(self, record: _core.TaskRecord) -> TaskInfo:
        return info_of(record, self._timezone, self._functions)

    def _moment(self, micros: int) -> datetime | None:
        return None if micros == NEVER else from_micros(micros, self._timezone)


def unknown_alias(what: str, alias: str, known: Iterable[str]) -> UvschedLookupError:
    """The error for an alias of a store or an executor that the scheduler has not."""
    return UvschedLookupError(f"{what}: there is no {what} {alias!r} (there are {', '.join(sorted(known))})")
