"""From the engine's records to event objects, and to lines in the log."""

from __future__ import annotations

import logging
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from .._time import from_micros
from ..exceptions import UvschedException
from . import constants as codes
from .base import SchedulerEvent, TaskEvent, TaskExecutionEvent, TaskSubmissionEvent

if TYPE_CHECKING:
    from .._core import EventRecord

logger = logging.getLogger("uvsched")

_EXECUTION = (
    codes.TASK_EXECUTED
    | codes.TASK_ERROR
    | codes.TASK_MISSED
    | codes.TASK_CANCELLED
    | codes.TASK_LOST
    | codes.TASK_RECOVERED
)
_SUBMISSION = codes.TASK_SUBMITTED | codes.TASK_MAX_INSTANCES

# What is logged: (level, text). The arguments are task, alias, message and count.
_LINES: dict[int, tuple[int, str]] = {
    codes.SCHEDULER_STARTED: (logging.INFO, "scheduler started"),
    codes.SCHEDULER_PAUSED: (logging.INFO, "scheduler paused"),
    codes.SCHEDULER_RESUMED: (logging.INFO, "scheduler resumed"),
    codes.TASK_ERROR: (logging.ERROR, "task %(task)s failed: %(message)s"),
    codes.TASK_MISSED: (logging.WARNING, "task %(task)s missed %(count)d due time(s): %(message)s"),
    codes.TASK_MAX_INSTANCES: (
        logging.WARNING,
        "task %(task)s skipped %(count)d due time(s): max_instances runs are under way",
    ),
    codes.TASK_CANCELLED: (logging.INFO, "task %(task)s was cancelled"),
    codes.TASK_LOST: (logging.ERROR, "task %(task)s: a run was given up: %(message)s"),
    codes.TASK_RECOVERED: (logging.WARNING, "task %(task)s: a run of a dead process runs again"),
    codes.TASK_CONFLICT: (logging.WARNING, "task %(task)s: the stored definition stays: %(message)s"),
    codes.TASK_QUARANTINED: (logging.ERROR, "task %(task)s cannot be read and is set aside: %(message)s"),
    codes.TASK_UNRUNNABLE: (logging.WARNING, "task %(task)s cannot run in this process: %(message)s"),
    codes.STORE_ERROR: (logging.ERROR, "store %(alias)s failed: %(message)s"),
    codes.STORE_RECOVERED: (logging.INFO, "store %(alias)s answers again"),
    codes.CLOCK_STEP: (logging.WARNING, "the wall clock was set by %(count)d microseconds"),
    codes.EVENTS_DROPPED: (logging.WARNING, "%(count)d events were dropped: the listeners are too slow"),
    codes.TRIGGER_ERROR: (logging.ERROR, "task %(task)s: its trigger failed: %(message)s"),
}

LOGGED = sum(_LINES)
"""The codes that are logged."""


def log(record: EventRecord) -> None:
    """Writes the line of an event, if it has one and the level is enabled."""
    line = _LINES.get(record.code)
    if line is None or not logger.isEnabledFor(line[0]):
        return
    level, text = line
    logger.log(
        level,
        text,
        {
            "task": record.task_id,
            "alias": record.alias,
            "message": record.message or record.reason,
            "count": max(record.count, 1) if record.code & (_EXECUTION | _SUBMISSION) else record.count,
        },
    )


def to_event(record: EventRecord, zone: tzinfo, identity: str, outcome: tuple[bool, Any] | None) -> SchedulerEvent:
    """The event object for a record.

    Args:
        zone: of the datetimes.
        outcome: (True, return value) or (False, exception) of a run that ended here, where it was kept.
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
        "store": record.alias or None,
        "scheduler_identity": identity,
        "reason": record.reason,
    }
    if record.code & _SUBMISSION:
        return TaskSubmissionEvent(
            **basic,
            scheduled_run_times=[from_micros(record.scheduled, zone)],
            fire_id=record.fire_id,
            coalesced_run_count=max(record.count - 1, 0),
        )
    if record.code & _EXECUTION:
        succeeded, value = outcome or (False, None)
        if record.code == codes.TASK_ERROR and value is None:
            value = UvschedException(detail=record.message.partition("\n")[0])
        return TaskExecutionEvent(
            **basic,
            scheduled_run_time=from_micros(record.scheduled, zone),
            first_run_time=from_micros(record.first, zone),
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
