"""Classes of events that listeners get. Times are aware datetimes in the scheduler's time zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .._dump import Dumps


@dataclass(slots=True, kw_only=True)
class SchedulerEvent(Dumps):
    """Something that concerns the scheduler, a store or an executor.

    Attributes:
        code: one of `uvsched.events.constants`.
        alias: that of the store or executor.
        time: when it happened.
        message: for people; empty if the code says it all.
        count: how many (events dropped, microseconds of a clock step or of a slow callback).
    """

    code: int
    alias: str | None = None
    time: datetime | None = None
    message: str = ""
    count: int = 0


@dataclass(slots=True, kw_only=True)
class TaskEvent(SchedulerEvent):
    """Something that concerns a task.

    Attributes:
        task_id: the task.
        task_name: its name, in events about its runs and due times; "" in others.
        store: alias of its store.
        scheduler_identity: the scheduler that reports it.
        reason: why a run was missed, skipped, lost or cancelled.
    """

    task_id: str
    task_name: str = ""
    store: str | None = None
    scheduler_identity: str | None = None
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class TaskSubmissionEvent(TaskEvent):
    """A run was handed to its executor, or was not because max_instances runs were under way.

    Attributes:
        scheduled_run_times: the due time that the run is for (the latest, if several were folded into it).
        fire_id: the run's idempotency key.
        coalesced_run_count: how many further due times were folded into this run.
    """

    scheduled_run_times: list[datetime] = field(default_factory=list)
    fire_id: str = ""
    source: str | None = None
    coalesced_run_count: int = 0


@dataclass(slots=True, kw_only=True)
class TaskExecutionEvent(TaskEvent):
    """A run ended, will never start, or has begun late.

    Attributes:
        scheduled_run_time: the due time that the run was for (the latest, if several were folded into it).
        first_run_time: the earliest due time that was folded into it.
        fire_id: the run's idempotency key.
        folded: how many due times it stands for.
        exact: whether `folded` is exact, or "at least".
        attempt: which attempt, from 1.
        duration: how long it ran; of TASK_DELAYED, how long it waited.
        return_value: what the function returned.
        exception: what it raised.
        traceback: the message and traceback as text.
    """

    scheduled_run_time: datetime
    first_run_time: datetime | None = None
    fire_id: str = ""
    folded: int = 1
    exact: bool = True
    attempt: int = 1
    duration: timedelta | None = None
    return_value: Any = None
    exception: BaseException | None = None
    traceback: str | None = None
