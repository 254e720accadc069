"""Which pictures of tasks get_task_infos() gives, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from .._names import near_name
from ..enums import TaskScheduleState
from .inspection import TaskInfo

_Key = tuple[Any, ...]


def _time(info: TaskInfo) -> _Key:
    moment: datetime | None = info.next_run_time
    return (moment is None, 0.0 if moment is None else moment.timestamp())


_ORDERS: dict[str, Callable[[TaskInfo], _Key]] = {
    "id": lambda info: (),
    "name": lambda info: (info.name.lower(),),
    "next_run_time": _time,
    "schedule_state": lambda info: (info.schedule_state.value, *_time(info)),
    "executor": lambda info: (info.executor,),
    "store": lambda info: (info.store_alias,),
    "trigger": lambda info: (info.trigger_alias or info.trigger_name or "",),
}


def selected(
    infos: Iterable[TaskInfo],
    *,
    schedule_state: TaskScheduleState | str | None,
    executor: str | None,
    trigger: str | None,
    q: str | None,
    sort_by: str,
    descending: bool,
) -> list[TaskInfo]:
    """The pictures that all given conditions let through, in order; see BaseScheduler.get_task_infos.

    Raises:
        ValueError: there is no such state or order; naming the argument.
    """
    order = _ORDERS.get(sort_by)
    if order is None:
        raise ValueError(f"sort_by: {sort_by!r} is not one of {', '.join(_ORDERS)}{_hint(sort_by, _ORDERS)}")
    state = None if schedule_state is None else _state(schedule_state)
    kind = None if trigger is None else trigger.strip().lower()
    text = None if q is None else q.strip().lower()
    found = [
        info
        for info in infos
        if (state is None or info.schedule_state is state)
        and (executor is None or info.executor == executor)
        and (kind is None or kind in ((info.trigger_alias or "").lower(), (info.trigger_name or "").lower()))
        and (not text or text in _words(info))
    ]
    return sorted(found, key=lambda info: (*order(info), info.id.lower(), info.store_alias), reverse=descending)


def _state(given: TaskScheduleState | str) -> TaskScheduleState:
    try:
        return TaskScheduleState(given.strip().lower())
    except (AttributeError, ValueError):
        known = [state.value for state in TaskScheduleState]
        raise ValueError(
            f"schedule_state: {given!r} is not one of {', '.join(known)}{_hint(str(given), known)}"
        ) from None


def _words(info: TaskInfo) -> str:
    """All texts of a picture in which people search."""
    parts = (
        info.id,
        info.name,
        info.callable_name,
        info.callable_reference,
        info.trigger_alias,
        info.trigger_name,
        info.trigger_description,
        info.executor,
        info.store_alias,
        info.schedule_state.value,
    )
    return "\n".join(part for part in parts if part).lower()


def _hint(given: str, known: Iterable[str]) -> str:
    near = near_name(given, list(known))
    return f" (did you mean {near!r}?)" if near else ""
