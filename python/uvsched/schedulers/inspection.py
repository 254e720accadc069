"""Detached pictures of schedulers, for pages and tools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..enums import SchedulerState


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerInfo:
    """A scheduler as it was at one moment. Counts of tasks cover all stores; counters count since the scheduler was
    made."""

    identity: str
    state: SchedulerState
    state_label: str
    running: bool
    started_at: datetime | None
    uptime_seconds: float | None
    timezone: str
    executor_aliases: tuple[str, ...]
    store_aliases: tuple[str, ...]
    task_count: int
    scheduled_task_count: int
    paused_task_count: int
    pending_task_count: int
    submitted_task_count: int
    fires: int
    finished: int
    missed: int
    in_flight: int
    events_dropped: int
