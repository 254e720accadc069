"""Detached pictures of schedulers, for pages and tools."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from .._dump import Dumps
from .._time import zone_name
from ..enums import SchedulerState

if TYPE_CHECKING:
    from .configuration import Configuration
    from .engine_handle import EngineHandle
    from .lifecycle import Lifecycle


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerInfo(Dumps):
    """A scheduler as it was at one moment. Counts of tasks cover all stores, without rows that cannot be read; a task
    counts as paused, too, if it waits for an event, or while its custom trigger is asked. Counters count since the
    scheduler was made."""

    identity: str
    state: SchedulerState
    state_label: str
    running: bool
    started_at: datetime | None = None
    uptime_seconds: float | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerInstanceInfo(Dumps):
    """A scheduler that uses the stores: who it is, what it does, and when it was last seen.

    `scope` is "local" for the scheduler that was asked. A scheduler that `stale` says has not been heard of for so long
    that it counts as dead.
    """

    identity: str
    scope: str
    state: SchedulerState
    state_label: str
    active: bool
    stale: bool
    started_at: datetime | None = None
    last_seen_at: datetime
    uptime_seconds: float | None = None
    heartbeat_age_seconds: float
    stale_after_seconds: float | None
    timezone: str
    executor_aliases: tuple[str, ...]
    store_aliases: tuple[str, ...]
    task_count: int
    scheduled_task_count: int
    paused_task_count: int
    pending_task_count: int
    submitted_task_count: int


def instance_info(info: SchedulerInfo, now: datetime) -> SchedulerInstanceInfo:
    """The scheduler itself as one of those that use its stores."""
    shared = {field.name for field in fields(SchedulerInstanceInfo)} & {field.name for field in fields(SchedulerInfo)}
    return SchedulerInstanceInfo(
        **{name: getattr(info, name) for name in shared},
        scope="local",
        active=info.running,
        stale=False,
        last_seen_at=now,
        heartbeat_age_seconds=0.0,
        stale_after_seconds=None,
    )


def scheduler_info(configuration: Configuration, handle: EngineHandle, lifecycle: Lifecycle) -> SchedulerInfo:
    """The picture of the scheduler that has these parts."""
    engine = handle.usable()
    scheduled, idle, paused, pending = engine.count_tasks(None)
    stats = engine.stats()
    state = lifecycle.state
    started_at = lifecycle.started_at
    uptime = None
    if started_at is not None:
        uptime = (datetime.now(configuration.timezone) - started_at).total_seconds()
    return SchedulerInfo(
        identity=handle.identity,
        state=state,
        state_label=state.name.removeprefix("STATE_").lower(),
        running=state != SchedulerState.STATE_STOPPED,
        started_at=started_at,
        uptime_seconds=uptime,
        timezone=zone_name(configuration.timezone),
        executor_aliases=tuple(configuration.executors),
        store_aliases=tuple(configuration.stores),
        task_count=scheduled + idle + paused + pending,
        scheduled_task_count=scheduled,
        paused_task_count=idle + paused,
        pending_task_count=pending,
        submitted_task_count=scheduled + idle + paused,
        fires=stats["fires"],
        finished=stats["finished"],
        missed=stats["missed"],
        in_flight=stats["in_flight"],
        events_dropped=stats["events_dropped"],
    )
