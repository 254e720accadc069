"""Events: every decision of the engine, for listeners."""

from __future__ import annotations

from .base import SchedulerEvent, TaskEvent, TaskExecutionEvent, TaskSubmissionEvent
from .constants import TASK_ERROR, TASK_EXECUTED, TASK_MISSED

__all__ = [
    "TASK_ERROR",
    "TASK_EXECUTED",
    "TASK_MISSED",
    "SchedulerEvent",
    "TaskEvent",
    "TaskExecutionEvent",
    "TaskSubmissionEvent",
]
