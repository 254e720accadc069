"""Detached pictures of tasks, for pages and tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._dump import Dumps
from ..enums import TaskScheduleState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo(Dumps):
    """A task as it was at one moment. Datetimes are aware, in the scheduler's time zone; spans are seconds.

    If the stored arguments cannot be read, `arguments_error` says why, and `args` and `kwargs` are empty.
    """

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
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    arguments_error: str | None = None
    problem: str | None = None
    """Why it cannot run in this process, and what to do; None if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunPreview(Dumps):
    """The next due times of a task. `exhausted` says that there are no more than these."""

    task: TaskInfo
    timezone: str
    generated_at: datetime
    requested_count: int
    run_times: tuple[datetime, ...]
    exhausted: bool
