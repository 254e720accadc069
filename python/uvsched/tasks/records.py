"""From the engine's task records to what Task and TaskInfo show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from .._arguments import decode_arguments
from .._time import from_micros
from ..enums import TaskScheduleState
from ..triggers import BaseTrigger
from ..triggers.factory import trigger_from_json
from .inspection import TaskInfo

if TYPE_CHECKING:
    from .._core import TaskRecord

NEVER = (1 << 63) - 1


def function_of(record: TaskRecord, registered: Mapping[str, Callable[..., Any]]) -> Callable[..., Any] | None:
    """The function: the object that a memory store holds, else what this process registered under its name."""
    return record.fn if record.fn is not None else registered.get(record.function)


def arguments_of(record: TaskRecord) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments: the objects that a memory store holds, else what the stored JSON says."""
    if record.fn is not None:
        return record.args or (), dict(record.kwargs or {})
    return decode_arguments(record.arguments)


def trigger_of(record: TaskRecord) -> BaseTrigger | None:
    """The trigger; None for a kind that this release does not know."""
    return trigger_from_json(record.trigger)


def info_of(record: TaskRecord, zone: tzinfo, registered: Mapping[str, Callable[..., Any]]) -> TaskInfo:
    """A detached picture of the task."""
    fn = function_of(record, registered)
    trigger = trigger_of(record)
    try:
        args, kwargs = arguments_of(record)
    except (ValueError, LookupError, TypeError, ArithmeticError):
        args, kwargs = (), {}  # shown as absent here; a run of it fails with the reason
    if record.pending:
        state = TaskScheduleState.PENDING
    elif record.paused or record.next_run == NEVER:
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
        next_run_time=None if record.next_run == NEVER else from_micros(record.next_run, zone),
        coalesce=record.coalesce,
        max_instances=record.max_instances,
        max_catch_up=record.max_catch_up,
        on_crash="mark_lost" if record.on_crash else "rerun",
        mistrigger_grace_time=None if record.grace_time < 0 else record.grace_time / 1_000_000,
        pending=record.pending,
        paused=record.paused,
        finished=record.finished,
        submitted=not record.pending,
        running=record.running,
        runs=record.runs,
        args=args,
        kwargs=kwargs,
    )
