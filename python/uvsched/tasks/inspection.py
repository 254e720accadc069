"""Detached pictures of tasks, for pages and tools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..enums import TaskScheduleState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """A task as it was at one moment. Datetimes are aware, in the scheduler's time zone; spans are seconds."""

    id: str
    name: str
    callable_name: str | None
    callable_reference: str
    trigger_alias: str | None
    trigger_name: str | None
    trigger_description: str
    executor: str
    store_alias: str
    schedule_state: TaskScheduleState
    next_run_time: datetime | None
    coalesce: bool
    max_instances: int
    max_catch_up: int
    on_crash: str
    mistrigger_grace_time: float | None
    pending: bool
    paused: bool
    finished: bool
    submitted: bool
    running: int
    runs: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunPreview:
    """The next due times of a task. `exhausted`: there are no more than these."""

    task: TaskInfo
    timezone: str
    generated_at: datetime
    requested_count: int
    run_times: tuple[datetime, ...]
    exhausted: bool
