"""Classes of events that listeners get. Times are aware datetimes in the scheduler's time zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(slots=True, kw_only=True)
class SchedulerEvent:
    """Something that concerns the scheduler, a store or an executor.

    Attributes:
        code: one of `uvsched.events.constants`.
        alias: of the store or executor concerned.
        time: when it happened.
        message: for people; empty where the code says it all.
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
        store: alias of its store.
        scheduler_identity: who reports it.
        reason: why a run was missed, skipped, lost or cancelled.
    """

    task_id: str
    store: str | None = None
    scheduler_identity: str | None = None
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class TaskSubmissionEvent(TaskEvent):
    """A run was handed to its executor, or could not be because max_instances were under way.

    Attributes:
        scheduled_run_times: the due time it is for (the latest, where several were folded into one run).
        fire_id: the run's idempotency key.
        coalesced_run_count: how many further due times were folded into this run.
    """

    scheduled_run_times: list[datetime] = field(default_factory=list)
    fire_id: str = ""
    source: str | None = None
    coalesced_run_count: int = 0


@dataclass(slots=True, kw_only=True)
class TaskExecutionEvent(TaskEvent):
    """A run ended, or will never start.

    Attributes:
        scheduled_run_time: the due time it was for (the latest, where several were folded into one run).
        first_run_time: the earliest due time folded into it.
        fire_id: the run's idempotency key.
        folded: how many due times it stands for.
        exact: whether `folded` is exact, or "at least".
        attempt: which attempt, from 1.
        duration: how long it ran.
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
