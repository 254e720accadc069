"""A task of asyncz in the words of uvsched's add_task."""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo
from typing import Any

from ..triggers import AndTrigger, BaseTrigger, CronTrigger, DateTrigger, IntervalTrigger, OrTrigger


def options_of(task: Any, scheduler: Any) -> dict[str, Any]:
    """The arguments of add_task for a stored task of an asyncz scheduler, but for its store.

    Raises:
        TypeError, ValueError: it cannot be carried over; naming what.
    """
    grace = task.mistrigger_grace_time
    options = {
        "fn_or_task": task.fn_reference,
        "trigger": trigger_of(task.trigger, scheduler.timezone),
        "args": list(task.args or ()),
        "kwargs": dict(task.kwargs or {}),
        "id": task.id,
        "name": task.name,
        "executor": task.executor or "default",
        "coalesce": bool(task.coalesce),
        "max_instances": task.max_instances or 1,
    }
    jitters = task.next_run_time is not None and getattr(task.trigger, "jitter", None)
    if not jitters or task.next_run_time <= datetime.now(timezone.utc):  # with jitter it is not a due time, but later
        options["next_run_time"] = task.next_run_time
    if grace != scheduler.task_defaults.mistrigger_grace_time:  # one second that nobody chose is not carried over
        options["mistrigger_grace_time"] = grace
    return options


def trigger_of(trigger: Any, zone: tzinfo) -> BaseTrigger:
    """uvsched's trigger with the due times of one of asyncz's; what names no zone is in `zone`.

    Raises:
        TypeError: it is a trigger of the program's own, or one that no store keeps. ValueError: its rule has no
        counterpart.
    """
    kind = f"{type(trigger).__module__}:{type(trigger).__qualname__}"
    if kind == "asyncz.triggers.date:DateTrigger":
        return DateTrigger(run_at=_aware(trigger.run_at, zone))
    if kind == "asyncz.triggers.interval:IntervalTrigger":
        own = trigger.timezone or zone
        return IntervalTrigger(
            seconds=trigger.interval,
            start_at=_aware(trigger.start_at, own),
            end_at=_aware(trigger.end_at, own),
            jitter=trigger.jitter,
        )
    if kind == "asyncz.triggers.cron.trigger:CronTrigger":
        fields: dict[str, Any] = {field.name: str(field) for field in trigger.fields if not field.is_default}
        return CronTrigger(
            **fields,
            start_at=trigger.start_at,
            end_at=trigger.end_at,
            timezone=trigger.timezone or zone,
            jitter=trigger.jitter,
        )
    if kind in ("asyncz.triggers.combination:AndTrigger", "asyncz.triggers.combination:OrTrigger"):
        parts = [trigger_of(part, zone) for part in trigger.triggers]
        made = AndTrigger if kind.endswith(":AndTrigger") else OrTrigger
        return made(parts, jitter=trigger.jitter)
    if kind == "asyncz.triggers.shutdown:ShutdownTrigger":
        raise TypeError("a task for the shutdown belongs to the process that adds it, not to a store")
    raise TypeError(
        f"its trigger is of the class {kind}, not one of asyncz's own; add the task anew with one of uvsched's"
    )


def _aware(value: datetime | None, zone: tzinfo) -> datetime | None:
    if value is None or value.tzinfo is not None:
        return value
    localize = getattr(zone, "localize", None)  # pytz
    made: datetime = value.replace(tzinfo=zone) if localize is None else localize(value)
    return made
