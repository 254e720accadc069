"""TaskEditor: changes, runs and deletes tasks."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._arguments import encode_arguments
from .._names import names_of, unknown_argument
from .._references import lasting_call, target_of
from ..events.constants import ALL_TASKS_REMOVED, TASK_MODIFIED, TASK_REMOVED
from ..exceptions import TaskLookupError, UvschedException
from ..tasks import Task
from ..tasks.checks import as_args, as_kwargs, check_call, check_kind
from ..tasks.options import TaskUpdates
from ..tasks.policies import engine_options
from ..tasks.records import arguments_of, function_of, kind_of
from ..triggers import BaseTrigger
from ..triggers.factory import create_trigger, is_trigger_name
from ..typing import Undefined
from .aliases import check_store, found, key_of
from .announcements import Announcements
from .configuration import Configuration
from .declarations import Declarations, Key
from .engine_handle import EngineHandle
from .loop_waits import waits
from .pending_references import leads_back
from .registry import Registry
from .resources import Resources

if TYPE_CHECKING:
    from .. import _core
    from ..triggers.base import Spec

_UPDATABLE = names_of(TaskUpdates)


class TaskEditor:
    """Changes tasks that were added, and gives back which they were: alias of the store, and id. Thread-safe; waits for
    the commit of a durable store."""

    def __init__(
        self,
        configuration: Configuration,
        handle: EngineHandle,
        declarations: Declarations,
        registry: Registry,
        resources: Resources,
        announcements: Announcements,
    ) -> None:
        self._configuration = configuration
        self._stores = configuration.stores
        self._executors = configuration.executors
        self._handle = handle
        self._declarations = declarations
        self._registry = registry
        self._resources = resources
        self._announcements = announcements

    @waits("update_task")
    def update(self, task: Task | str, store: str | None, updates: Mapping[str, Any]) -> Key:
        """See update_task."""
        key, alias = key_of(task, store, self._stores)
        if not updates.keys() <= _UPDATABLE:
            raise unknown_argument("update_task", (name for name in updates if name not in _UPDATABLE), _UPDATABLE)
        engine = self._handle.usable()
        record = engine.get_task(key, alias)
        options = engine_options(updates, self._configuration.timezone)
        executor = updates.get("executor")
        if executor is not None and not isinstance(executor, Undefined):
            options["executor"] = executor
            fn = function_of(record, self._registry.functions)
            part = found("executor", executor, self._executors)
            if fn is not None and updates.get("fn") is None:
                check_kind(fn, part, executor)
        spec = None
        if (trigger := updates.get("trigger")) is not None:
            spec = self._spec(engine, record, create_trigger(trigger, {}, "update_task"))
        call: tuple[Any, ...] = (None, None, (), None)
        if not updates.keys().isdisjoint(("fn", "args", "kwargs")):
            call = self._changed_call(engine, record, updates, options)
        return self._change(engine, record, "update_task", (key, record.store, *call, spec, options or None))

    def _changed_call(
        self, engine: _core.Engine, record: _core.TaskRecord, updates: Mapping[str, Any], options: dict[str, Any]
    ) -> tuple[Any, ...]:
        """Function and arguments after an update, as Engine.update_task takes them: name, function, args, kwargs."""
        given = updates.get("fn")
        if given is not None:
            fn, reference, _ = target_of(given)
        else:
            known = function_of(record, self._registry.functions)
            if known is None:
                raise TypeError(f"fn: {record.function!r} is not known to this process; give fn too")
            fn, reference = known, record.function
        args, kwargs = arguments_of(record)
        if updates.get("args") is not None:
            args = as_args(updates["args"])
        if updates.get("kwargs") is not None:
            kwargs = as_kwargs(updates["kwargs"])
        check_call(fn, args, kwargs)
        runner = updates.get("executor") or record.executor
        if runner in self._executors:
            check_kind(fn, self._executors[runner], runner)
        if not self._stores[record.store].durable:
            return (reference, self._resources.inject(fn), args, kwargs)
        if given is not None:
            given, fn, reference, args, named = lasting_call(given, fn, reference, args, kwargs)
            kwargs = named or {}
            self._registry.check_lasting(engine, record.store, reference, None)
        called = self._resources.inject(fn)
        if given is not None and not leads_back(given, fn, reference):
            self._registry.references.add((record.store, record.id), fn, reference)
        self._registry.register(engine, reference, called)
        options["arguments"] = encode_arguments(args, kwargs)
        return (reference, None, (), None)

    @waits("reschedule_task")
    def reschedule(self, task: Task | str, store: str | None, trigger: Any, arguments: Mapping[str, Any]) -> Key:
        """See reschedule_task."""
        if isinstance(store, str) and store not in self._stores and is_trigger_name(store):
            raise TypeError(f"reschedule_task: its second argument is a store; write trigger={store!r}")
        key, alias = key_of(task, store, self._stores)
        engine = self._handle.usable()
        record = engine.get_task(key, alias)
        keeps = trigger is None and bool(arguments) and "run_at" not in arguments
        rule = create_trigger(kind_of(record) if keeps else trigger, arguments, "reschedule_task")
        spec = self._spec(engine, record, rule)
        return self._change(engine, record, "update_task", (key, record.store, None, None, (), None, spec, None))

    @waits("pause_task")
    def pause(self, task: Task | str, store: str | None) -> Key:
        """See pause_task."""
        key, alias = key_of(task, store, self._stores)
        engine = self._handle.usable()
        record = engine.get_task(key, alias)
        return self._change(engine, record, "pause_task", (key, record.store))

    @waits("resume_task")
    def resume(self, task: Task | str, store: str | None) -> Key | None:
        """See resume_task."""
        key, alias = key_of(task, store, self._stores)
        engine = self._handle.usable()
        record = engine.get_task(key, alias)
        changed = self._change(engine, record, "resume_task", (key, record.store), changes=record.paused)
        try:
            finished = engine.get_task(key, record.store).finished
        except TaskLookupError:
            finished = True
        return None if finished else changed

    @waits("run_task")
    def run(self, task: Task | str, store: str | None, force: bool) -> Key:
        """See run_task."""
        key, alias = key_of(task, store, self._stores)
        engine = self._handle.usable()
        record = engine.get_task(key, alias)
        if force or record.next_run_time <= engine.now():
            engine.run_task(key, record.store)
        return record.store, key

    @waits("delete_task")
    def delete(self, task: Task | str | None, store: str | None) -> None:
        """See delete_task."""
        if task is None:
            raise TaskLookupError(None)
        key, alias = key_of(task, store, self._stores)
        engine = self._handle.usable()
        if alias is None:
            with contextlib.suppress(LookupError, UvschedException):  # a row that cannot be read can be deleted
                alias = engine.get_task(key, None).store
        engine.delete_task(key, alias)
        if alias is not None:
            self._declarations.removed((alias, key))
            self._registry.references.removed((alias, key))
        self._announcements.task(TASK_REMOVED, (alias or "", key))

    @waits("remove_all_tasks")
    def delete_all(self, store: str | None) -> int:
        """See remove_all_tasks."""
        check_store(store, self._stores)
        removed = self._handle.usable().remove_all_tasks(store)
        self._declarations.removed_all(store)
        self._registry.references.removed_all(store)
        self._announcements.all_removed(store)
        for alias in self._stores if store is None else (store,):
            self._announcements.scheduler(ALL_TASKS_REMOVED, alias)
        return removed

    def _spec(self, engine: _core.Engine, record: _core.TaskRecord, rule: BaseTrigger) -> Spec:
        self._registry.check_lasting(engine, record.store, None, rule)
        return self._registry.spec(engine, rule, record.store, self._stores[record.store].durable)

    def _change(
        self,
        engine: _core.Engine,
        record: _core.TaskRecord,
        method: str,
        call: tuple[Any, ...],
        *,
        changes: bool = True,
    ) -> Key:
        getattr(engine, method)(*call)
        key = (record.store, record.id)
        self._declarations.changed(key, method, call)
        if changes:
            self._announcements.task(TASK_MODIFIED, key)
        return key
