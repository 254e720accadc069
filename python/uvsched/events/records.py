"""Event objects, from the engine's records of events."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from .._time import from_micros
from ..exceptions import UvschedException
from . import constants as codes
from .base import SchedulerEvent, TaskEvent, TaskExecutionEvent, TaskSubmissionEvent

if TYPE_CHECKING:
    from .._core import EventRecord

EXECUTION = (
    codes.TASK_EXECUTED
    | codes.TASK_ERROR
    | codes.TASK_MISSED
    | codes.TASK_CANCELLED
    | codes.TASK_LOST
    | codes.TASK_RECOVERED
    | codes.TASK_DELAYED
    | codes.LEASE_LOST
)
SUBMISSION = codes.TASK_SUBMITTED | codes.TASK_MAX_INSTANCES


def to_event(record: EventRecord, zone: tzinfo, identity: str, outcome: tuple[bool, Any] | None) -> SchedulerEvent:
    """The event object for a record.

    Args:
        zone: the zone of the datetimes.
        outcome: (True, return value) or (False, exception) of a run that ended here, if it was kept.
    """
    basic: dict[str, Any] = {
        "code": record.code,
        "alias": record.alias or None,
        "time": from_micros(record.time, zone),
        "message": record.message,
        "count": record.count,
    }
    if not record.task_id:
        return SchedulerEvent(**basic)
    basic |= {
        "task_id": record.task_id,
        "task_name": record.task_name,
        "store": record.alias or None,
        "scheduler_identity": identity,
        "reason": record.reason,
    }
    if record.code & SUBMISSION:
        return TaskSubmissionEvent(
            **basic,
            scheduled_run_times=[from_micros(record.scheduled_time, zone)],
            fire_id=record.fire_id,
            coalesced_run_count=max(record.count - 1, 0),
        )
    if record.code & EXECUTION:
        succeeded, value = outcome or (False, None)
        if record.code == codes.TASK_ERROR and value is None:
            value = UvschedException(detail=record.message.partition("\n")[0])
        return TaskExecutionEvent(
            **basic,
            scheduled_run_time=from_micros(record.scheduled_time, zone),
            first_run_time=from_micros(record.first_time, zone),
            fire_id=record.fire_id,
            folded=record.count,
            exact=record.exact,
            attempt=record.attempt,
            duration=timedelta(microseconds=record.duration),
            return_value=value if succeeded else None,
            exception=None if succeeded else value,
            traceback=record.message if record.code == codes.TASK_ERROR else None,
        )
    return TaskEvent(**basic)
