"""What Task and TaskInfo show, from the engine's records of tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from .._arguments import decode_arguments
from .._time import from_micros
from ..enums import TaskScheduleState
from ..exceptions import TaskArgumentsError
from ..triggers import BaseTrigger
from ..triggers.stored import trigger_from_json
from .inspection import TaskInfo
from .resources import Injected

if TYPE_CHECKING:
    from .._core import TaskRecord

NEVER = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRecord:
    """The record of a task that no engine has yet: what TaskRecord has, as far as tasks show it."""

    id: str
    name: str
    function: str
    store: str
    executor: str
    fn: Callable[..., Any] | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    made_trigger: BaseTrigger | None
    trigger_text: str
    next_run_time: int
    mistrigger_grace_time: int
    coalesce: bool
    max_instances: int
    max_catch_up: int
    on_crash: int
    paused: bool
    arguments: str = ""
    finished: bool = False
    pending: bool = True
    running: int = 0
    runs: int = 0


def function_of(record: TaskRecord, registered: Mapping[str, Callable[..., Any]]) -> Callable[..., Any] | None:
    """The function: the object that a memory store holds, else the one that this process registered under its name."""
    fn = record.fn if record.fn is not None else registered.get(record.function)
    return fn.original if isinstance(fn, Injected) else fn


def arguments_of(record: TaskRecord) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments: the objects that a memory store holds, else those of the stored JSON.

    Raises:
        TaskArgumentsError: the JSON cannot be read.
    """
    if record.fn is not None:
        return record.args or (), dict(record.kwargs or {})
    try:
        return decode_arguments(record.arguments)
    except ValueError as error:
        raise TaskArgumentsError(record.id, str(error)) from error


def trigger_of(record: TaskRecord) -> BaseTrigger | None:
    """The trigger; None for a kind that this release does not know."""
    return record.made_trigger if isinstance(record, DraftRecord) else trigger_from_json(record.trigger)


def moment_of(micros: int, zone: tzinfo) -> datetime | None:
    """An instant of the engine; None for the end of time."""
    return None if micros == NEVER else from_micros(micros, zone)


def kind_of(record: TaskRecord) -> str | None:
    """The name of the trigger, as add_task takes it; None for a custom one."""
    kind: str = json.loads(record.trigger)["type"]
    return None if kind == "custom" else kind


def described(record: TaskRecord, zone: tzinfo) -> str:
    """The repr of a task, beside its id: its name if that differs, its trigger, its next time."""
    name = "" if record.name == record.id else f" ({record.name})"
    if record.paused:
        next_run = "paused"
    elif record.pending:
        next_run = "pending"
    elif record.next_run_time == NEVER:
        next_run = "no next run"
    else:
        next_run = f"next {from_micros(record.next_run_time, zone).isoformat(' ', 'seconds')}"
    return f"{name} {record.trigger_text}, {next_run}"


def info_of(record: TaskRecord, zone: tzinfo, registered: Mapping[str, Callable[..., Any]]) -> TaskInfo:
    """A detached picture of the task."""
    fn = function_of(record, registered)
    trigger = trigger_of(record)
    arguments_error = None
    try:
        args, kwargs = arguments_of(record)
    except TaskArgumentsError as error:
        args, kwargs = (), {}
        arguments_error = error.detail
    if record.pending:
        state = TaskScheduleState.PENDING
    elif record.paused or record.next_run_time == NEVER:
        state = TaskScheduleState.PAUSED
    else:
        state = TaskScheduleState.SCHEDULED
    return TaskInfo(
        id=record.id,
        name=record.name,
        callable_name=None if fn is None else getattr(fn, "__qualname__", type(fn).__qualname__),
        callable_reference=record.function,
        trigger_alias=None if trigger is None else trigger.alias,
        trigger_name=None if trigger is None else type(trigger).__name__,
        trigger_description=record.trigger_text,
        executor=record.executor,
        store_alias=record.store,
        schedule_state=state,
        next_run_time=moment_of(record.next_run_time, zone),
        coalesce=record.coalesce,
        max_instances=record.max_instances,
        max_catch_up=record.max_catch_up,
        on_crash="mark_lost" if record.on_crash else "rerun",
        mistrigger_grace_time=None if record.mistrigger_grace_time < 0 else record.mistrigger_grace_time / 1_000_000,
        pending=record.pending,
        paused=record.paused,
        finished=record.finished,
        submitted=not record.pending,
        running=record.running,
        runs=record.runs,
        args=args,
        kwargs=kwargs,
        arguments_error=arguments_error,
    )
